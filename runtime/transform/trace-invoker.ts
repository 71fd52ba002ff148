import type { Json } from "../model/mod.ts";
import type { RawColumn } from "./column.ts";
import { trace } from "./trace.ts";

/**
 * Traces `preprocessing` in the sandbox: the module that `UserFunction.call` loads beside the user's code.
 *
 * @param argument `{ columns: RawColumn[] }`.
 * @returns A `TraceOutcome`.
 */
export function invoke(preprocessing: unknown, argument: Json): Json {
  const { columns } = argument as unknown as { readonly columns: readonly RawColumn[] };
  return trace(columns, preprocessing) as unknown as Json;
}
