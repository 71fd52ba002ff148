import { parseSubject, pause, subjectsOf } from "millrace/log";
import type { Log, LogEntry } from "millrace/log";
import { toMillraceError } from "millrace/model";
import { indexRuns } from "millrace/projections";
import { endedKeptMs } from "./open-runs.ts";
import type { OpenRuns, WatchedRun } from "./open-runs.ts";

const retryDelayMs = 1_000;

/** Reads of a run that end before the message that it is read for: a replica lags. */
const recallsMax = 5;

type RunPlace = Pick<WatchedRun, "pipeline" | "run">;

/**
 * Keeps the open runs as the log has them, until the signal aborts. However long the log, only runs that are open or
 * ended lately are kept: they are found by an index that knows of each run its start and its end, and read one by one.
 * A run that was ended long ago and is heard of again (it was resumed) is read then.
 * @param seen Told of each sequence up to which all is folded.
 */
export async function watchRuns(
  log: Log,
  runs: OpenRuns,
  signal: AbortSignal,
  seen: (sequence: number) => void,
): Promise<void> {
  const sequence = await patiently(log, signal, () => foldUnsettled(log, runs));
  seen(sequence);
  const filters = [subjectsOf(log.namespace).filters.runs];
  for await (const entry of log.follow(filters, { from: sequence + 1, signal })) {
    const subject = parseSubject(entry.subject);
    if ("run" in subject && subject.kind !== "started" && !runs.knows(subject))
      await patiently(log, signal, () => recall(log, runs, subject, entry));
    else runs.fold(entry);
    seen(entry.sequence);
  }
}

async function foldUnsettled(log: Log, runs: OpenRuns): Promise<number> {
  const index = await indexRuns(log, await log.leaderLastSequence());
  for (const run of index.unsettled((await log.serverTimeMs()) - endedKeptMs))
    for (const entry of await readRun(log, run, index.sequence, run.startedSequence)) runs.fold(entry);
  return index.sequence;
}

/** Folds a run from its first message to the one by which it is heard of. */
async function recall(log: Log, runs: OpenRuns, run: RunPlace, heard: LogEntry): Promise<void> {
  const started = await log.leaderLastOf(subjectsOf(log.namespace).started(run.pipeline, run.run));
  let entries: readonly LogEntry[] = [];
  for (let attempt = 0; attempt < recallsMax && entries.at(-1)?.sequence !== heard.sequence; attempt++)
    entries = await readRun(log, run, heard.sequence, started?.sequence ?? heard.sequence);
  for (const entry of entries) runs.fold(entry);
}

async function readRun(log: Log, { pipeline, run }: RunPlace, to: number, near: number): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of log.read([subjectsOf(log.namespace).filters.run(pipeline, run)], { to, near }))
    entries.push(entry);
  return entries;
}

/** Does something again for as long as it fails for a passing reason: who repairs must not stop for one. */
async function patiently<T>({ clock }: Log, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || toMillraceError(error).class !== "retryable") throw error;
    }
    await pause(clock, retryDelayMs, signal);
  }
}
