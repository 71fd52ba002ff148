import type { Log } from "millrace/log";
import { KeptRunIndex } from "millrace/projections";
import type { Invocation } from "../invocation.ts";

/** The index of a log's runs that this installation keeps between commands. */
export function keptRuns(log: Log, { data }: Pick<Invocation, "data">): KeptRunIndex {
  return new KeptRunIndex(log, data.projections);
}
