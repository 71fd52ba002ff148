import { type ArtifactStore, planReader } from "millrace/artifacts";
import type { Plan } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { createPlans } from "millrace/driver";
import { planOfVersion } from "millrace/journal";
import type { Log } from "millrace/log";
import { foldPipelines } from "millrace/projections";

/** A pipeline's current version and its plan. */
export interface RegisteredPlan {
  readonly pipeline: string;
  readonly version: number;
  readonly planDigest: string;
  readonly plan: Plan;
  readonly sequence: number;
  /** Unix epoch milliseconds. */
  readonly registeredAt: number;
}

/** The current version of every pipeline as of a sequence, by name. */
export async function readRegisteredPlans(
  log: Log,
  store: ArtifactStore,
  to: number,
): Promise<readonly RegisteredPlan[]> {
  const plans = createPlans(log, planReader(store));
  const chains = [...(await foldPipelines(log, { to }))].sort(([a], [b]) => (a < b ? -1 : 1));
  const registered = await Promise.all(
    chains.map(async ([pipeline, { state }]): Promise<RegisteredPlan[]> => {
      if (state === undefined) return [];
      const { version, planDigest } = state.registered;
      const plan = await plans.load(planOfVersion(state));
      return [{ pipeline, version, planDigest, plan, sequence: state.sequence, registeredAt: state.timeMs }];
    }),
  );
  return registered.flat();
}
