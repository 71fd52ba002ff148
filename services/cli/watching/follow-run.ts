import type { ArtifactStore } from "millrace/artifacts";
import { type Log, subjectsOf } from "millrace/log";
import { emptyRun, evolveRun, type RunFold, type RunView, viewRun } from "millrace/projections";
import { planOf } from "../read/run-view.ts";

/** Names a run whole. */
export interface RunPlace {
  readonly pipeline: string;
  readonly run: string;
}

/** The views of a run after each of its messages, from its start until it has ended. */
export async function* followRun(log: Log, store: ArtifactStore, { pipeline, run }: RunPlace): AsyncGenerator<RunView> {
  const stop = new AbortController();
  let fold = emptyRun(pipeline, run);
  const options = { uriOf: (digest: string) => store.uriOf(digest) };
  try {
    const entries = log.follow([subjectsOf(log.namespace).filters.run(pipeline, run)], { signal: stop.signal });
    for await (const entry of entries) {
      fold = evolveRun(fold, entry);
      if (fold.started === undefined) continue;
      const view = viewRun(fold, await planOf(log, store, fold), { ...options, nowMs: Date.now() });
      yield view;
      if (hasEnded(view) && (await isCurrent(log, fold))) return;
    }
  } finally {
    stop.abort();
  }
}

/** Whether a run has ended, in this epoch. */
function hasEnded({ state }: RunView): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

/** Whether the run was not resumed behind the outcome that was read. */
async function isCurrent(log: Log, { pipeline, run, control }: RunFold): Promise<boolean> {
  const last = await log.leaderLastOf(subjectsOf(log.namespace).control(pipeline, run));
  return (last?.sequence ?? 0) <= control.expect;
}
