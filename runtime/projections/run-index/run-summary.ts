import type { RunStateName } from "../run-view.ts";
import type { RunRow } from "./run-row.ts";

/** A line of the list of runs. */
export interface RunSummary {
  readonly run: string;
  readonly pipeline: string;
  readonly state: RunStateName;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly trigger: string;
}

/**
 * The line of a run as of a sequence; undefined if it had not started.
 * @param nowMs For the duration of a run that has not ended, Unix epoch milliseconds.
 */
export function summaryOf(row: RunRow, to: number, nowMs: number): RunSummary | undefined {
  const { run, pipeline, startedAt, trigger } = row;
  if (row.startedSequence === 0 || row.startedSequence > to) return undefined;
  const { state, endedAt } = standingOf(row, to);
  return { run, pipeline, state, startedAt, durationMs: Math.max(0, (endedAt ?? nowMs) - startedAt), trigger };
}

function standingOf(row: RunRow, to: number): { readonly state: RunStateName; readonly endedAt?: number } {
  let epoch = 0;
  let end: RunRow["turns"][number] | undefined;
  for (const turn of row.turns) {
    if (turn.sequence > to) break;
    if (turn.kind === "resumed") epoch = turn.epoch;
    else end = turn;
  }
  if (end !== undefined && end.epoch >= epoch && end.kind !== "none" && end.kind !== "resumed")
    return { state: end.kind, endedAt: end.timeMs };
  return { state: row.firstWork === 0 || row.firstWork > to ? "queued" : "running" };
}
