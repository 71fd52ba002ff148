import type { PinnedInput, PlanReference, RunStarted } from "../contracts/millrace/event/v1/event.ts";
import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import type { Plans } from "../driver/mod.ts";
import { effectivePlan } from "../journal/mod.ts";
import type { Log } from "../log/mod.ts";
import { subjectsOf } from "../log/mod.ts";
import { Terminal } from "../model/mod.ts";
import { foldRun, inputsOf } from "../projections/mod.ts";
import type { RunFold } from "../projections/mod.ts";

/** A run that another is derived from, with the plan of its last epoch. */
export interface Origin {
  readonly fold: RunFold;
  readonly started: RunStarted;
  readonly dataset: Artifact;
  readonly reference: PlanReference;
  readonly plan: Plan;
}

export interface OriginContext {
  readonly log: Log;
  readonly plans: Plans;
}

/**
 * Reads a run to derive another from it.
 * @param to Last sequence of the log that counts; default all there is.
 * @throws {Terminal} `unknown-run`.
 */
export async function readOrigin(
  { log, plans }: OriginContext,
  pipeline: string,
  run: string,
  to?: number,
): Promise<Origin> {
  const filters = [subjectsOf(log.namespace).filters.run(pipeline, run)];
  const fold = await foldRun(pipeline, run, log.read(filters, to === undefined ? {} : { to }));
  const started = fold.started?.body;
  if (started?.dataset === undefined)
    throw new Terminal("unknown-run", `Cannot find run ${run} of pipeline ${pipeline}: the log has no start of it`);
  const reference = effectivePlan(started, fold.control.state);
  return { fold, started, dataset: started.dataset, reference, plan: await plans.load(reference) };
}

/** Whether the run's last epoch has its outcome. */
export function hasEnded({ fold }: Pick<Origin, "fold">): boolean {
  return fold.outcome.state.epoch >= fold.control.state.epoch;
}

/** The answers that a run's resolved inputs were given; a node that was never claimed has none. */
export function pinsOf({ fold, plan }: Pick<Origin, "fold" | "plan">): readonly PinnedInput[] {
  return plan.nodes.flatMap(({ name: node, inputs }) => {
    const history = fold.nodes.get(node);
    const pinned = history === undefined ? undefined : inputsOf(history);
    if (pinned === undefined) return [];
    return inputs
      .filter(({ source }) => source?.$case === "resolver")
      .map(({ name: input }): PinnedInput => ({
        node,
        input,
        artifact: pinned.find(({ name }) => name === input)?.artifact,
      }));
  });
}
