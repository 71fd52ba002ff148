import type { PipelineRegistered } from "../contracts/millrace/event/v1/event.ts";
import { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { type Chain, pipelineChain, pipelineEvent, type Registrations } from "../journal/mod.ts";
import { appendEvent, type Log, newEventId, subjectsOf } from "../log/mod.ts";
import { Retryable } from "../model/mod.ts";
import { planDigest } from "../pipeline/mod.ts";
import { readChainFrom } from "../projections/mod.ts";

/** A plan as it stands on the log. */
export interface RegisteredPlan {
  readonly pipeline: string;
  /** Number of this version of the pipeline, from 1. */
  readonly version: number;
  readonly planDigest: string;
  /** Sequence of its PipelineRegistered. */
  readonly sequence: number;
  /** Whether this call made the version. */
  readonly changed: boolean;
}

/** Largest plan that goes into an event, in bytes; a larger one goes into the store. */
const planBytesMax = 48 * 1024;

/** Registrations that others may win before this one gives up. */
const attemptsMax = 8;

/**
 * Registers a pipeline's plan as its newest version; unchanged, it makes none. Runs that began keep theirs.
 * @param commitPlan Puts the bytes of a plan too large for an event into the store, as `plan.pb`, and gives its digest.
 * @throws {Retryable} `registration-raced`.
 */
export async function registerPipeline(
  log: Log,
  plan: Plan,
  commitPlan: (bytes: Uint8Array) => Promise<string>,
): Promise<RegisteredPlan> {
  const subject = subjectsOf(log.namespace).pipeline(plan.pipeline);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const chain = await readChainFrom(log, pipelineChain, subject, await log.leaderLastOf(subject));
    const current = currentOf(plan, chain);
    if (current !== undefined) return current;
    const registered = await nextVersion(plan, chain, commitPlan);
    const event = { id: newEventId(), ...pipelineEvent(chain, registered) };
    const appended = await appendEvent(log, subject, event, { expectLastSequence: chain.expect });
    if (appended.kind === "lost") continue;
    const { version, planDigest: digest } = registered;
    return { pipeline: plan.pipeline, version, planDigest: digest, sequence: appended.sequence, changed: true };
  }
  throw new Retryable(
    "registration-raced",
    `Cannot register pipeline "${plan.pipeline}": ${attemptsMax} others registered it meanwhile; try again`,
  );
}

function currentOf(plan: Plan, { state }: Chain<Registrations>): RegisteredPlan | undefined {
  if (state === undefined || state.registered.planDigest !== planDigest(plan)) return undefined;
  const { version, planDigest: digest } = state.registered;
  return { pipeline: plan.pipeline, version, planDigest: digest, sequence: state.sequence, changed: false };
}

async function nextVersion(
  plan: Plan,
  { state }: Chain<Registrations>,
  commitPlan: (bytes: Uint8Array) => Promise<string>,
): Promise<PipelineRegistered> {
  const bytes = Plan.encode(plan).finish();
  const fits = bytes.length <= planBytesMax;
  return {
    plan: fits ? plan : undefined,
    planDigest: planDigest(plan),
    planArtifactDigest: fits ? "" : await commitPlan(bytes),
    version: (state?.registered.version ?? 0) + 1,
  };
}
