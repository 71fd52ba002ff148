import { controlChain, emptyChain, outcomeChain, startOf, stepChain } from "../../journal/mod.ts";
import type { Chain, Control, Outcome } from "../../journal/mod.ts";
import type { LogEntry } from "../../log/mod.ts";

/** A turn in a run's life: an epoch ended, or another began. */
export interface RunTurn {
  readonly kind: Outcome["kind"] | "resumed";
  readonly epoch: number;
  readonly sequence: number;
  /** Unix epoch milliseconds. */
  readonly timeMs: number;
}

/**
 * What the index keeps of a run: its start and its turns, each with its sequence. So one index answers for every
 * moment up to its own.
 */
export interface RunRow {
  readonly run: string;
  readonly pipeline: string;
  /** Sequence of its start, 0 before it (an import writes a run's start last). */
  readonly startedSequence: number;
  /** Unix epoch milliseconds. */
  readonly startedAt: number;
  readonly trigger: string;
  /** Sequence of the first message of any node, 0 before it. */
  readonly firstWork: number;
  readonly turns: readonly RunTurn[];
  readonly control: Chain<Control>;
  readonly outcome: Chain<Outcome>;
}

/** A run of which nothing was read. */
export function emptyRow(pipeline: string, run: string): RunRow {
  return {
    run,
    pipeline,
    startedSequence: 0,
    startedAt: 0,
    trigger: "",
    firstWork: 0,
    turns: [],
    control: emptyChain(controlChain),
    outcome: emptyChain(outcomeChain),
  };
}

/** The row after a `started` message; only the first counts. */
export function rowStarted(row: RunRow, entry: LogEntry): RunRow {
  const start = startOf(entry);
  if (start === undefined || row.startedSequence > 0) return row;
  const { sequence, timeMs, started } = start;
  return { ...row, startedSequence: sequence, startedAt: timeMs, trigger: started.trigger };
}

/** The row after a `control` message. */
export function rowControlled(row: RunRow, entry: LogEntry): RunRow {
  const control = stepChain(controlChain, row.control, entry);
  const { epoch } = control.state;
  if (epoch === row.control.state.epoch) return { ...row, control };
  const turn = { kind: "resumed" as const, epoch, sequence: entry.sequence, timeMs: control.head?.timeMs ?? 0 };
  return { ...row, control, turns: [...row.turns, turn] };
}

/** The row after an `outcome` message. */
export function rowEnded(row: RunRow, entry: LogEntry): RunRow {
  const outcome = stepChain(outcomeChain, row.outcome, entry);
  const { epoch, kind } = outcome.state;
  if (epoch === row.outcome.state.epoch) return { ...row, outcome };
  const turn = { kind, epoch, sequence: entry.sequence, timeMs: outcome.head?.timeMs ?? 0 };
  return { ...row, outcome, turns: [...row.turns, turn] };
}

/** The row after a message of any of its nodes. */
export function rowWorked(row: RunRow, sequence: number): RunRow {
  return row.firstWork > 0 ? row : { ...row, firstWork: sequence };
}
