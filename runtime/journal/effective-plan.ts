import type { PlanReference, RunStarted } from "../contracts/millrace/event/v1/event.ts";
import type { Control } from "./control.ts";
import type { Registration } from "./registrations.ts";

/** What a run's start says of its plan. */
export type StartedPlan = Pick<RunStarted, "planDigest" | "planEventId" | "planSequence" | "planArtifactDigest">;

/**
 * The plan that a run's current epoch follows: the one that its last resume brought, else the one it started with.
 * Whoever reads a run asks here, never its start alone. Source: docs/protocol.md, Run end (2).
 */
export function effectivePlan(started: StartedPlan, control: Pick<Control, "plan">): PlanReference {
  return control.plan ?? startedPlan(started);
}

/** The plan that a run started with. */
export function startedPlan(started: StartedPlan): PlanReference {
  const { planDigest: digest, planEventId: eventId, planSequence: sequence, planArtifactDigest } = started;
  return { digest, eventId, sequence, artifactDigest: planArtifactDigest };
}

/** The plan of a pipeline's version. */
export function planOfVersion({ sequence, eventId, registered }: Registration): PlanReference {
  return { digest: registered.planDigest, eventId, sequence: BigInt(sequence), artifactDigest: "" };
}
