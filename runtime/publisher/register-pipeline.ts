import type { Event } from "../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { pipelineChain, pipelineEvent } from "../journal/mod.ts";
import { appendEvent, eventBytesMax, newEventId } from "../log/mod.ts";
import type { Log, Subjects } from "../log/mod.ts";
import { Plan as PlanMessage } from "../contracts/millrace/metadata/v1/plan.ts";
import { Retryable } from "../model/mod.ts";
import { readChainFrom } from "../projections/mod.ts";

/** Room that a plan leaves in an event for the rest of it. */
const planBytesMax = eventBytesMax - 1_024;
const attemptsMax = 8;

/** A registered plan. */
export interface RegisteredPlan {
  readonly version: number;
  readonly planDigest: string;
  readonly sequence: number;
  /** Whether this call made the version; unchanged plans make none. */
  readonly changed: boolean;
}

/**
 * Registers a plan under its pipeline's name: unchanged, it makes no new version; running runs keep theirs.
 * @param storePlan Puts a plan too large for an event into an artifact and returns its digest.
 */
export async function registerPipeline(
  log: Log,
  subjects: Subjects,
  plan: Plan,
  planDigest: string,
  storePlan: (bytes: Uint8Array) => Promise<string>,
): Promise<RegisteredPlan> {
  const subject = subjects.pipeline(plan.pipeline);
  const bytes = PlanMessage.encode(plan).finish();
  const held =
    bytes.length <= planBytesMax
      ? { plan, planArtifactDigest: "" }
      : { plan: undefined, planArtifactDigest: await storePlan(bytes) };
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const chain = await readChainFrom(log, pipelineChain, subject, await log.leaderLastOf(subject));
    const current = chain.state;
    if (current?.registered.planDigest === planDigest)
      return { version: current.registered.version, planDigest, sequence: current.sequence, changed: false };
    const version = (current?.registered.version ?? 0) + 1;
    const event: Event = { id: newEventId(), ...pipelineEvent(chain, { ...held, planDigest, version }) };
    const appended = await appendEvent(log, subject, event, { expectLastSequence: chain.expect });
    if (appended.kind === "appended") return { version, planDigest, sequence: appended.sequence, changed: true };
  }
  throw new Retryable(
    "pipeline-busy",
    `Cannot register pipeline ${plan.pipeline}: others registered it first ${attemptsMax} times in a row. Try again`,
  );
}
