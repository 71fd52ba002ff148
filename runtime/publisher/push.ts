import type { Event, Push } from "../contracts/millrace/event/v1/event.ts";
import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import { controlChain, outcomeChain, targetChain, targetEvent } from "../journal/mod.ts";
import type { Chain, Target } from "../journal/mod.ts";
import { appendEvent, newEventId } from "../log/mod.ts";
import type { Log, Subjects } from "../log/mod.ts";
import { foldChain, readChainFrom } from "../projections/mod.ts";
import { Retryable } from "../model/mod.ts";

/** Races for a destination's chain before the attempt is given back. */
const attemptsMax = 16;

export interface PushRequest {
  readonly pipeline: string;
  readonly run: string;
  readonly node: string;
  readonly model: Artifact;
  /** Subject token of the destination. */
  readonly destination: string;
  /** Sequence of the model's ModelBlessed, by which pushes are ordered; 0 for a pipeline without validation. */
  readonly blessedSequence: number;
  /** Sequence of the run's RunStarted. */
  readonly startedSequence: number;
  readonly claimEventId: string;
}

/** What a pusher may do. */
export type PushDecision =
  /** Go: the version is the intent's sequence, an earlier claim's of this run or a new one. */
  | { readonly kind: "intended"; readonly push: Push; readonly adopted: boolean }
  /** The destination serves this very model already. */
  | { readonly kind: "served"; readonly push: Push }
  /** Another run is pushing this very model. */
  | { readonly kind: "under-way"; readonly by: Push }
  /** A model blessed later is served or about to be. */
  | { readonly kind: "outdated"; readonly by: Push };

/**
 * Decides and records the intent to push: its sequence is the version and the idempotency key.
 * The chain of blessings orders pushes, not the age of runs. Source: docs/protocol.md, Claim, work, outcome (7).
 */
export async function intendPush(log: Log, subjects: Subjects, request: PushRequest): Promise<PushDecision> {
  const subject = subjects.target(request.destination);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const chain = await foldChain(log, targetChain, subject);
    const standing = standingDecision(chain.state, request);
    if (standing) return standing;
    const by = await underWayIn(log, subjects, chain.state, request);
    if (by) return { kind: "under-way", by };
    const push = pushOf(request);
    const event: Event = {
      id: newEventId(),
      ...targetEvent(chain, { $case: "pushIntended", value: { push, claimEventId: request.claimEventId } }),
    };
    const appended = await appendEvent(log, subject, event, { expectLastSequence: chain.expect, shared: true });
    if (appended.kind === "appended")
      return { kind: "intended", push: { ...push, version: BigInt(appended.sequence) }, adopted: false };
  }
  throw busy(request.destination);
}

/** This run's open push to a destination, if it has one: the point of no return lies behind it. */
export async function openPush(
  log: Log,
  subjects: Subjects,
  request: Pick<PushRequest, "run" | "node" | "destination">,
): Promise<Push | undefined> {
  const { state } = await foldChain(log, targetChain, subjects.target(request.destination));
  return state.open.find((push) => isOf(push, request));
}

/** What a push has in common with another of the same model. */
type SameModel = Pick<PushRequest, "run" | "node" | "model" | "destination">;

/** Another run's open push of the same model, while that run goes on: two at once would make one model two versions. */
export async function findUnderWay(log: Log, subjects: Subjects, request: SameModel): Promise<Push | undefined> {
  const { state } = await foldChain(log, targetChain, subjects.target(request.destination));
  if (state.open.some((push) => isOf(push, request))) return undefined;
  return underWayIn(log, subjects, state, request);
}

async function underWayIn(log: Log, subjects: Subjects, { open }: Target, request: SameModel) {
  for (const push of open) {
    if (push.model?.digest !== request.model.digest || isOf(push, request)) continue;
    if (!(await hasEnded(log, subjects, push))) return push;
  }
  return undefined;
}

async function hasEnded(log: Log, subjects: Subjects, { pipeline, run }: Push): Promise<boolean> {
  const [outcomes, controls] = [subjects.outcome(pipeline, run), subjects.control(pipeline, run)];
  const outcome = await readChainFrom(log, outcomeChain, outcomes, await log.leaderLastOf(outcomes));
  const control = await readChainFrom(log, controlChain, controls, await log.leaderLastOf(controls));
  return outcome.state.epoch >= control.state.epoch;
}

/** Records that a push happened; it may have been recorded already. */
export async function recordPushed(
  log: Log,
  subjects: Subjects,
  destination: string,
  push: Push,
  uri: string,
): Promise<void> {
  await record(log, subjects, destination, ({ state }) =>
    [...state.history, ...state.undone].some(({ version }) => version === push.version)
      ? undefined
      : { $case: "pushed", value: { push, uri } },
  );
}

/** Takes back an intent without effect; whatever was served goes on being served. */
export async function withdrawPush(
  log: Log,
  subjects: Subjects,
  destination: string,
  push: Push,
  reason: string,
): Promise<void> {
  await record(log, subjects, destination, ({ state }) =>
    state.open.some(({ version }) => version === push.version)
      ? { $case: "rolledBack", value: { undone: push, served: state.served, reason } }
      : undefined,
  );
}

function standingDecision(target: Target, request: PushRequest): PushDecision | undefined {
  const own = target.open.find((push) => isOf(push, request));
  if (own) return { kind: "intended", push: own, adopted: true };
  if (target.served?.model?.digest === request.model.digest) return { kind: "served", push: target.served };
  const rivals = target.served ? [target.served, ...target.open] : target.open;
  const newer = rivals.find((rival) => overtakes(rival, request));
  if (newer) return { kind: "outdated", by: newer };
  const done = donePush(target, request);
  return done && { kind: "intended", push: done, adopted: true };
}

/**
 * This run's push of this very model that was recorded, and perhaps overtaken or rolled back since: whoever recorded it
 * died before its node's outcome. It is finished under its own version; a second push would undo what came after it.
 */
function donePush({ history, undone }: Target, request: PushRequest): Push | undefined {
  return [...history, ...undone].find((push) => isOf(push, request) && push.model?.digest === request.model.digest);
}

/** Whether a push is that of a run's node; a rollback names the run whose push it restores, and is not that push. */
function isOf({ run, node, restoredVersion }: Push, request: Pick<PushRequest, "run" | "node">): boolean {
  return restoredVersion === undefined && run === request.run && node === request.node;
}

/**
 * Whether a push stands in a request's way. A rollback does for whatever was blessed before it, of any pipeline; where
 * nothing is blessed, for the runs that began before it.
 */
function overtakes(rival: Push, { pipeline, blessedSequence, startedSequence }: PushRequest): boolean {
  if (rival.restoredVersion !== undefined) return Number(rival.version) > (blessedSequence || startedSequence);
  return rival.pipeline === pipeline && Number(rival.blessedSequence) > blessedSequence;
}

function pushOf({ model, run, node, pipeline, blessedSequence }: PushRequest): Push {
  return { version: 0n, model, run, node, pipeline, blessedSequence: BigInt(blessedSequence) };
}

type TargetBody = Parameters<typeof targetEvent>[1];

async function record(
  log: Log,
  subjects: Subjects,
  destination: string,
  decide: (chain: Chain<Target>) => TargetBody | undefined,
): Promise<void> {
  const subject = subjects.target(destination);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const chain = await foldChain(log, targetChain, subject);
    const body = decide(chain);
    if (body === undefined) return;
    const event: Event = { id: newEventId(), ...targetEvent(chain, body) };
    const appended = await appendEvent(log, subject, event, { expectLastSequence: chain.expect, shared: true });
    if (appended.kind === "appended") return;
  }
  throw busy(destination);
}

function busy(destination: string): Retryable {
  return new Retryable(
    "destination-busy",
    `Cannot record a push to ${destination}: other pushes were recorded first ${attemptsMax} times in a row`,
  );
}
