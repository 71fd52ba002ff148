import type { ArtifactStore } from "../../artifacts/mod.ts";
import type { StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import { Terminal } from "../../model/mod.ts";
import type { Declaration } from "../../pipeline/mod.ts";
import type { Input } from "../component.ts";

/**
 * Opens an execution's inputs in the store, which verifies every file.
 * @returns By name; an absent optional input is absent here.
 * @throws {Terminal} `input-missing`; `artifact-missing` and `digest-mismatch` from the store.
 */
export async function openInputs(
  declaration: Declaration,
  start: StartExecution,
  store: ArtifactStore,
): Promise<Readonly<Record<string, Input>>> {
  const given = new Map(start.inputs.map((input) => [input.name, input.artifact]));
  const opened: Record<string, Input> = {};
  for (const [name, port] of Object.entries(declaration.inputs)) {
    const artifact = given.get(name);
    if (artifact !== undefined) opened[name] = { artifact, path: await store.open(artifact.digest) };
    else if (!port.optional) throw missing(start, name, port.type);
  }
  return opened;
}

function missing(start: StartExecution, name: string, type: string): Terminal {
  const message = `Cannot run ${start.node} as its input ${JSON.stringify(name)} must be an artifact of type ${type}: it has none`;
  return new Terminal("input-missing", message, { field: name });
}
