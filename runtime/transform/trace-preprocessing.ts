import { extname } from "node:path";
import type { Json } from "../model/mod.ts";
import { Terminal } from "../model/mod.ts";
import type { RawColumn } from "./column.ts";
import type { TracedGraph } from "./graph.ts";
import type { TraceOutcome } from "./trace.ts";

/** A `preprocessing` function in its sandbox; an execution's `UserFunction` is one. */
export interface SandboxedPreprocessing {
  call(invoker: URL, argument: Json): Promise<Json>;
}

/** `.ts` from source, `.js` from the package. */
const invoker = new URL(`./trace-invoker${extname(import.meta.filename)}`, import.meta.url);

/**
 * Traces `preprocessing` in its sandbox.
 * @throws {Terminal} `no-outputs`, `not-an-operation`, `output-name-invalid`, `too-deep`; what the sandbox throws, so
 * `user-code` with file and line for a function that throws or misuses an operation.
 */
export async function tracePreprocessing(
  preprocessing: SandboxedPreprocessing,
  columns: readonly RawColumn[],
): Promise<TracedGraph> {
  const argument = { columns } as unknown as Json;
  const outcome = (await preprocessing.call(invoker, argument)) as unknown as TraceOutcome;
  if ("graph" in outcome) return outcome.graph;
  const { code, message, field } = outcome.problem;
  throw new Terminal(code, message, field === undefined ? {} : { field });
}
