import type { ArtifactStore } from "../../artifacts/mod.ts";
import type { StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import { sandboxedFunction, type ExecutionControls } from "../../executor/mod.ts";
import { Terminal } from "../../model/mod.ts";
import type { Declaration } from "../../pipeline/mod.ts";
import type { UserFunction } from "../component.ts";

/**
 * Opens the bundles of an execution's user functions; what they print becomes log lines of the execution.
 * @returns By parameter; an absent optional function is absent here.
 * @throws {Terminal} `function-missing`; `artifact-missing` and `digest-mismatch` from the store.
 */
export async function openFunctions(
  declaration: Declaration,
  start: StartExecution,
  store: ArtifactStore,
  { signal, report }: ExecutionControls,
): Promise<Readonly<Record<string, UserFunction>>> {
  const given = new Map(start.code.map((code) => [code.parameter, code]));
  const opened: Record<string, UserFunction> = {};
  for (const [name, port] of Object.entries(declaration.functions)) {
    const code = given.get(name);
    if (code === undefined && !port.optional) throw missing(start, name);
    if (code === undefined) continue;
    const { digest, exportName } = code;
    const onOutput = (line: string) => report.log("info", line);
    opened[name] = sandboxedFunction({ directory: await store.open(digest), exportName, digest, signal, onOutput });
  }
  return opened;
}

function missing(start: StartExecution, name: string): Terminal {
  const message = `Cannot run ${start.node} as its function ${JSON.stringify(name)} must be given: it isn't. Name it with code(…) in the pipeline`;
  return new Terminal("function-missing", message, { field: name });
}
