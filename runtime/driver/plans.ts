import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { Plan as PlanMessage } from "../contracts/millrace/metadata/v1/plan.ts";
import { decodeEvent } from "../journal/mod.ts";
import type { Log } from "../log/mod.ts";
import { Terminal } from "../model/mod.ts";

/** Plans kept in memory; the least recently used goes first. */
const plansMax = 256;

/** Finds plans by digest; a plan never changes, so each is read once. */
export interface Plans {
  cached(digest: string): Plan | undefined;
  /**
   * @param sequence Sequence of the PipelineRegistered that holds it.
   * @throws {Terminal} `plan-missing`.
   */
  load(digest: string, sequence: number): Promise<Plan>;
}

/** Reads a plan too large for an event from its artifact: the bytes of `plan.pb`. */
export type ReadPlanArtifact = (digest: string) => Promise<Uint8Array>;

/** Plans read from the log. */
export function createPlans(log: Log, readPlanArtifact: ReadPlanArtifact): Plans {
  const plans = new Map<string, Plan>();
  const remember = (digest: string, plan: Plan): Plan => {
    plans.delete(digest);
    plans.set(digest, plan);
    const oldest = plans.keys().next().value;
    if (plans.size > plansMax && oldest !== undefined) plans.delete(oldest);
    return plan;
  };
  return {
    cached: (digest) => plans.get(digest),
    async load(digest, sequence) {
      const known = plans.get(digest);
      if (known) return remember(digest, known);
      const entry = await log.get(sequence);
      const body = entry && decodeEvent(entry.data)?.body;
      if (body?.$case !== "pipelineRegistered" || body.value.planDigest !== digest)
        throw new Terminal(
          "plan-missing",
          `Cannot load plan ${digest}: message ${sequence} of the log must hold it and holds ${body?.$case ?? "nothing"}`,
        );
      const { plan, planArtifactDigest } = body.value;
      return remember(digest, plan ?? PlanMessage.decode(await readPlanArtifact(planArtifactDigest)));
    },
  };
}
