import { getDotPath, object, safeParse } from "valibot";
import type { StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import { Terminal } from "../../model/mod.ts";
import type { Declaration } from "../../pipeline/mod.ts";

/**
 * Parses an execution's parameters by the component's own schemas, which fill in defaults.
 * @throws {Terminal} `bad-parameter` naming it.
 */
export function parseParameters(declaration: Declaration, start: StartExecution): Readonly<Record<string, unknown>> {
  const result = safeParse(object(declaration.parameters), JSON.parse(start.parametersJson || "{}"));
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = getDotPath(issue) ?? "parameters";
  const message = `Cannot run ${start.node} as its parameter ${JSON.stringify(field)} is wrong: ${issue.message}`;
  throw new Terminal("bad-parameter", message, { field });
}
