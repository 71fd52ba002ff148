import type { Log } from "../../log/mod.ts";
import { runIdOf } from "../../model/mod.ts";
import { historyPlan } from "./history-plan.ts";
import { PipelineHistory } from "./pipeline-history.ts";
import { historyNodes, RunHistory } from "./run-history.ts";

/** How a made run goes. */
export type Fate = "succeeded" | "reused" | "retried" | "failed" | "resumed" | "cancelled" | "running" | "queued";

/** Runs that are under way at the same time, their messages mixed. */
const atOnce = 4;

/** The fate of a run among many: of a thousand about 750 succeed, 100 are reused, 20 are open. */
function fateOf(index: number): Fate {
  if (index % 100 === 99) return index % 1_000 === 999 ? "queued" : "running";
  if (index % 10 === 9) return "reused";
  if (index % 20 === 8) return "retried";
  if (index % 20 === 7) return "failed";
  if (index % 40 === 6) return "resumed";
  if (index % 40 === 26) return "cancelled";
  return "succeeded";
}

/** Id of a made run. */
export function historyRun(index: number): string {
  return runIdOf(historyPlan.pipeline, { source: "history", sourceEventId: String(index) });
}

/**
 * Writes the whole log of a pipeline's past, as its services would have left it, on a log of its own. No bytes of
 * artifacts are made.
 * @returns ids of the runs, in the order in which they started.
 */
export async function writeHistories(
  log: Log,
  runs: number,
  fate: (index: number) => Fate = fateOf,
): Promise<readonly string[]> {
  const pipeline = await PipelineHistory.register(log);
  const worked: RunHistory[] = [];
  const under = new Set<Generator<void>>();
  const ids: string[] = [];
  for (let index = 0; index < runs || under.size > 0;) {
    if (index < runs && under.size < atOnce) {
      const id = historyRun(index);
      ids.push(id);
      under.add(live(pipeline, id, fate(index), worked));
      index += 1;
    }
    for (const run of under) if (run.next().done === true) under.delete(run);
    await pipeline.writer.settle();
  }
  await pipeline.writer.settle(0);
  return ids;
}

/** One run, a node's step at a time. @param worked The last run that did all its work itself; may be replaced. */
function* live(pipeline: PipelineHistory, id: string, fate: Fate, worked: RunHistory[]): Generator<void> {
  const [earlier] = worked;
  if (fate === "reused" && earlier !== undefined) {
    const run = new RunHistory(pipeline, id, earlier.dataset);
    for (const node of historyNodes) yield run.reuse(node, earlier);
    return run.end();
  }
  const run = new RunHistory(pipeline, id);
  if (fate === "queued") return;
  yield* work(run, fate);
  if (fate === "running") return;
  run.end();
  if (fate === "resumed") {
    run.resume();
    yield* work(run, "succeeded");
    run.end();
  }
  if (fate === "succeeded") worked[0] = run;
}

/** Works on what has not completed; a run that will not succeed comes as far as its model. */
function* work(run: RunHistory, fate: Fate): Generator<void> {
  let ended: "failed" | "cancelled" | undefined;
  for (const node of historyNodes) {
    if (run.journals.get(node.name)?.phase === "completed") continue;
    if (ended === "failed") run.skip(node, "model");
    if (ended === "cancelled") run.cancel(node);
    if (ended !== undefined) continue;
    yield run.claim(node);
    if (node.name === "model" && fate === "running") return;
    if (node.name === "model" && fate === "retried") {
      yield run.fail(node, true);
      yield run.claim(node);
    }
    if (node.name === "model" && (fate === "failed" || fate === "resumed")) {
      run.fail(node, false);
      ended = "failed";
    } else if (node.name === "model" && fate === "cancelled") {
      run.requestCancel();
      run.cancel(node);
      ended = "cancelled";
    } else {
      yield run.complete(node);
    }
  }
}
