import type { PlanReference } from "../contracts/millrace/event/v1/event.ts";
import { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { decodeEvent } from "../journal/mod.ts";
import { subjectsOf } from "../log/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";
import { Terminal } from "../model/mod.ts";

/** Plans kept in memory; the least recently used goes first. */
const plansMax = 256;

/** Finds plans by digest; a plan never changes, so each is read once. */
export interface Plans {
  cached(digest: string): Plan | undefined;
  /** @throws {Terminal} `plan-missing`. */
  load(reference: Omit<PlanReference, "eventId">): Promise<Plan>;
}

/** Reads a plan from its artifact: the bytes of `plan.pb`. */
export type ReadPlanArtifact = (digest: string) => Promise<Uint8Array>;

/** Plans read from the log, and those that are too large for it or were never registered from their artifacts. */
export function createPlans(log: Log, readPlanArtifact: ReadPlanArtifact): Plans {
  const plans = new Map<string, Plan>();
  const remember = (digest: string, plan: Plan): Plan => {
    plans.delete(digest);
    plans.set(digest, plan);
    const oldest = plans.keys().next().value;
    if (plans.size > plansMax && oldest !== undefined) plans.delete(oldest);
    return plan;
  };
  const fromArtifact = async (digest: string): Promise<Plan> => Plan.decode(await readPlanArtifact(digest));
  return {
    cached: (digest) => plans.get(digest),
    async load({ digest, sequence, artifactDigest }) {
      const known = plans.get(digest);
      if (known) return remember(digest, known);
      if (artifactDigest !== "") return remember(digest, await fromArtifact(artifactDigest));
      const registered = await findRegistered(log, digest, Number(sequence));
      return remember(digest, registered.plan ?? (await fromArtifact(registered.planArtifactDigest)));
    },
  };
}

/** The registration of a plan: at its sequence, which is a hint (an imported one stands elsewhere), or anywhere. */
async function findRegistered(log: Log, digest: string, sequence: number) {
  const hinted = registrationOf(sequence > 0 ? await log.get(sequence) : undefined, digest);
  if (hinted) return hinted;
  for await (const entry of log.read([subjectsOf(log.namespace).filters.pipelines])) {
    const found = registrationOf(entry, digest);
    if (found) return found;
  }
  throw new Terminal(
    "plan-missing",
    `Cannot load plan ${digest}: message ${sequence} or another of the log must register it, and none does`,
  );
}

function registrationOf(entry: LogEntry | undefined, digest: string) {
  const body = entry && decodeEvent(entry.data)?.body;
  return body?.$case === "pipelineRegistered" && body.value.planDigest === digest ? body.value : undefined;
}
