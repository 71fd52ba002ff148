import type { RunSummary } from "millrace/projections";
import { WrongUse } from "../wrong-use.ts";

/** Which runs are wanted, as options say. */
export interface RunChoice {
  readonly pipeline?: string;
  readonly state?: string;
  readonly limit?: string;
}

const states: readonly RunSummary["state"][] = ["queued", "running", "succeeded", "failed", "cancelled"];

/**
 * Picks what is wanted of runs, newest first.
 * @throws {WrongUse} no state is called so, or the limit is no number of runs.
 */
export function chooser({ pipeline, state, limit }: RunChoice): (runs: readonly RunSummary[]) => readonly RunSummary[] {
  if (state !== undefined && !states.some((known) => known === state))
    throw new WrongUse(`Cannot list runs in state ${state}: it must be one of ${states.join(", ")}`);
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    throw new WrongUse(`Cannot list ${limit} runs: --limit must be a whole number from 1`);
  return (runs) =>
    runs
      .filter(
        (run) => (pipeline === undefined || run.pipeline === pipeline) && (state === undefined || run.state === state),
      )
      .slice(0, limit === undefined ? undefined : Number(limit));
}
