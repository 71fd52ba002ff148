import { parseSubject } from "../log/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";
import type { ReadAt } from "./read-at.ts";
import { emptyRun, evolveRun } from "./run.ts";
import type { RunFold } from "./run.ts";
import { RunIndex } from "./run-index/run-index.ts";
import type { RunSummary } from "./run-index/run-summary.ts";

/**
 * All runs, newest first.
 * @param nowMs For the durations of runs that have not ended, Unix epoch milliseconds.
 */
export async function listRuns(log: Log, nowMs: number, at: ReadAt = {}): Promise<readonly RunSummary[]> {
  const to = at.to ?? (await log.leaderLastSequence());
  const index = at.kept === undefined ? await indexRuns(log, to) : await at.kept.at(to);
  return index.list(to, nowMs);
}

/** Folds the index of runs from the log alone. */
export async function indexRuns(log: Log, to: number): Promise<RunIndex> {
  const index = new RunIndex();
  for await (const entry of log.read([], { to })) index.fold(entry);
  return index;
}

/** Every run's fold, by run id, in the order in which they started. */
export async function foldRuns(log: Log, { to }: ReadAt = {}): Promise<ReadonlyMap<string, RunFold>> {
  const runs = new Map<string, RunFold>();
  // All messages: the server gives them many times faster than it filters them by several subjects.
  for await (const entry of log.read([], to === undefined ? {} : { to })) foldInto(runs, entry);
  return runs;
}

function foldInto(runs: Map<string, RunFold>, entry: LogEntry): void {
  const subject = parseSubject(entry.subject);
  if (!("run" in subject) || subject.kind === "artifact") return;
  runs.set(subject.run, evolveRun(runs.get(subject.run) ?? emptyRun(subject.pipeline, subject.run), entry));
}
