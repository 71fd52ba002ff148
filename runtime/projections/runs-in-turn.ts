import { parseSubject } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import type { ReadAt } from "./read-at.ts";
import { emptyRun, evolveRun } from "./run.ts";
import type { RunFold } from "./run.ts";
import { indexRuns } from "./runs.ts";

/**
 * Every run's fold, one after another: each as soon as the last outcome that it has by then was read, the open ones at
 * the end. So no more is held than the runs that were under way together, however many there are. What is read behind
 * a run's last outcome is not in its fold: nodes do not end there, only verdicts come.
 */
export async function* foldRunsInTurn(log: Log, at: ReadAt = {}): AsyncGenerator<RunFold> {
  const to = at.to ?? (await log.leaderLastSequence());
  const index = at.kept === undefined ? await indexRuns(log, to) : await at.kept.at(to);
  const ends = index.endsAt(to);
  const open = new Map<string, RunFold>();
  for await (const entry of log.read([], { to })) {
    const subject = parseSubject(entry.subject);
    if (!("run" in subject) || subject.kind === "artifact") continue;
    const end = ends.get(subject.run) ?? to;
    if (entry.sequence > end) continue;
    const fold = evolveRun(open.get(subject.run) ?? emptyRun(subject.pipeline, subject.run), entry);
    open.set(subject.run, fold);
    if (entry.sequence !== end || !ends.has(subject.run)) continue;
    open.delete(subject.run);
    yield fold;
  }
  yield* open.values();
}
