import { parseSubject } from "../../log/mod.ts";
import type { LogEntry } from "../../log/mod.ts";
import { emptyRow, rowControlled, rowEnded, rowStarted, rowWorked } from "./run-row.ts";
import type { RunRow } from "./run-row.ts";
import { summaryOf } from "./run-summary.ts";
import type { RunSummary } from "./run-summary.ts";

/** A run, and the sequence of its start. */
export type StartedRun = Pick<RunRow, "pipeline" | "run" | "startedSequence">;

/** Every run of the log in a few words, as of any moment up to the index's own. */
export class RunIndex {
  readonly #rows = new Map<string, RunRow>();
  #sequence: number;

  /** @param rows Rows as of a sequence; by default none as of the log's beginning. */
  constructor(rows: Iterable<RunRow> = [], sequence = 0) {
    for (const row of rows) this.#rows.set(row.run, row);
    this.#sequence = sequence;
  }

  /** Last sequence folded. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Rows in the order of their starts; those without one come first. */
  get rows(): readonly RunRow[] {
    return [...this.#rows.values()].sort((a, b) => a.startedSequence - b.startedSequence);
  }

  /** Folds the next message of the log, whatever it is. Bodies of nodes' messages are not read. */
  fold(entry: LogEntry): void {
    this.#sequence = entry.sequence;
    const subject = parseSubject(entry.subject);
    if (!("run" in subject) || subject.kind === "artifact" || subject.kind === "verdict") return;
    const before = this.#rows.get(subject.run);
    const row = before ?? emptyRow(subject.pipeline, subject.run);
    const after = rowAfter(row, subject.kind, entry);
    if (after !== before) this.#rows.set(subject.run, after);
  }

  /** Runs that have started and not ended, or ended after a time (Unix epoch milliseconds), in the order of their starts. */
  unsettled(endedAfterMs: number): readonly StartedRun[] {
    return this.rows.filter((row) => {
      const summary = summaryOf(row, this.#sequence, endedAfterMs);
      if (summary === undefined) return false;
      const open = summary.state === "queued" || summary.state === "running";
      return open || summary.startedAt + summary.durationMs > endedAfterMs;
    });
  }

  /** Sequences of the outcomes by which runs had ended at a sequence, for good as far as was known then. */
  endsAt(to: number): ReadonlyMap<string, number> {
    const ends = new Map<string, number>();
    for (const row of this.#rows.values()) {
      const summary = summaryOf(row, to, 0);
      const end = row.turns.findLast(({ sequence }) => sequence <= to);
      if (summary === undefined || summary.state === "queued" || summary.state === "running") continue;
      // An import writes a run's start behind its outcome.
      ends.set(row.run, Math.max(end?.sequence ?? 0, row.startedSequence));
    }
    return ends;
  }

  /**
   * The runs that had started at a sequence, newest first.
   * @param to At most the index's own.
   * @param nowMs For the durations of runs that had not ended, Unix epoch milliseconds.
   */
  list(to: number, nowMs: number): readonly RunSummary[] {
    const list: RunSummary[] = [];
    for (const row of this.#rows.values()) {
      const summary = summaryOf(row, to, nowMs);
      if (summary !== undefined) list.push(summary);
    }
    return list.sort((a, b) => b.startedAt - a.startedAt || (a.run < b.run ? 1 : -1));
  }
}

function rowAfter(row: RunRow, kind: "started" | "control" | "outcome" | "journal", entry: LogEntry): RunRow {
  switch (kind) {
    case "started":
      return rowStarted(row, entry);
    case "control":
      return rowControlled(row, entry);
    case "outcome":
      return rowEnded(row, entry);
    case "journal":
      return rowWorked(row, entry.sequence);
  }
}
