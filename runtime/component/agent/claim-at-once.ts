import { CacheMiss, RunKind } from "../../contracts/millrace/event/v1/event.ts";
import type { ExecutionSucceeded } from "../../contracts/millrace/component/v1/executor.ts";
import type { Event } from "../../contracts/millrace/event/v1/event.ts";
import type { InputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import { readRun, resolveInputs } from "../../driver/mod.ts";
import type { PlacedNode, Snapshot } from "../../driver/mod.ts";
import { emptyJournal, isSealed } from "../../journal/mod.ts";
import type { Journal } from "../../journal/mod.ts";
import { newEventId } from "../../log/mod.ts";
import { Retryable } from "../../model/mod.ts";
import { writeJournal } from "../../publisher/mod.ts";
import type { AgentContext } from "./context.ts";
import { claimCommand } from "./claim-command.ts";
import { complete, completedBy, fail, failCommand } from "./end-claim.ts";
import { endOfWork } from "./end-of-work.ts";
import { startWork } from "./hold-claim.ts";
import type { Lease } from "./lease.ts";
import { placeOf } from "./node-run.ts";
import type { Held, NodeEnd, NodeRun } from "./node-run.ts";
import { noLookup } from "./reuse.ts";
import { cancel, type Running } from "./running.ts";
import { startExecution } from "./start-execution.ts";
import { limitTime } from "./time-limit.ts";
import type { TriggerSubject } from "./trigger.ts";

/** Only a node without cache is claimed at once. */
const cacheMiss = CacheMiss.CACHE_MISS_OFF_FOR_NODE;

/** A delivery that alone says all there is to know before a node is claimed. */
export interface ClaimAtOnce {
  readonly placed: PlacedNode;
  readonly pipeline: string;
  readonly run: string;
  readonly input: InputArtifact;
  readonly durable: string;
  readonly lease: Lease;
}

/**
 * Whether a node may be claimed before its run is read: its one input has just been produced, it has no cache to ask
 * and no effect outside, and nobody has tried it before.
 * Source: docs/protocol.md, What may overlap.
 */
export function mayClaimAtOnce(
  context: AgentContext,
  { placed, durable, lease }: Pick<ClaimAtOnce, "placed" | "durable" | "lease">,
  subject: TriggerSubject,
  event: Event,
): ClaimAtOnce | undefined {
  const { node } = placed;
  const [only, ...others] = node.inputs;
  const body = event.body;
  if (only?.source?.$case !== "output" || others.length > 0 || node.cache || context.declaration.effect !== "none")
    return undefined;
  if (body?.$case !== "artifactProduced" || body.value.epoch !== 0 || lease.delivery.count > 1) return undefined;
  if (!isSealed(lease.delivery.entry)) return undefined;
  // Its node may have to be taken from the run that this one forks.
  if (body.value.runKind === RunKind.RUN_KIND_FORK) return undefined;
  const { artifact, cause } = body.value;
  if (artifact === undefined || cause === undefined) return undefined;
  const { node: fromNode, output: fromOutput } = only.source.value;
  const input = { name: only.name, artifact, fromNode, fromOutput, causeSequence: cause.sequence };
  return { placed, pipeline: subject.pipeline, run: subject.run, input, durable, lease };
}

/**
 * Claims a node by an expectation of 0, which proves that it has no history, and starts its work meanwhile; the run is
 * read behind the claim, and that one read both confirms the trigger and gates the outcome on control.
 */
export async function claimAtOnce(context: AgentContext, early: ClaimAtOnce): Promise<NodeEnd> {
  const { placed, pipeline, run, input, lease } = early;
  const { node, plan } = placed;
  const entry = context.running.add({
    claimEventId: newEventId(),
    pipeline,
    run,
    node: node.name,
    attempt: 1,
    startedAt: context.log.clock.epochMs(),
    lease,
  });
  const { running } = entry;
  try {
    const start = startExecution(context.store, { pipeline, run, seed: plan.seed }, node, [input], running.attempt);
    const work = startWork(context, running, start);
    const claimed = await writeClaim(context, early, running);
    if (claimed === undefined) {
      running.stop.abort("superseded");
      return { kind: "again" };
    }
    running.ending = false;
    const atLeast = claimed.head?.sequence ?? 0;
    const snapshot = await readRun(context.log, context.subjects, {
      pipeline,
      run,
      placed,
      atLeast,
      redelivered: false,
    });
    if (snapshot === undefined) {
      running.stop.abort("superseded");
      return { kind: "drop" };
    }
    const nodeRun: NodeRun = { placed, snapshot, inputs: [input], durable: early.durable, lease };
    const journal = snapshot.journals.get(node.name) ?? claimed;
    if (journal.claim?.eventId !== running.claimEventId) {
      running.stop.abort("superseded");
      return { kind: "drop" };
    }
    const behind = Promise.resolve({ journal, control: snapshot.control.state });
    const held: Held = { behind, running, lookup: noLookup(cacheMiss) };
    if (!confirms(early, snapshot)) return await letGo(context, nodeRun, held);
    return await endAtOnce(context, nodeRun, held, work);
  } catch (thrown) {
    // The log went away on the way: the delivery comes again, and nobody waits for this work any more.
    running.stop.abort("superseded");
    throw thrown;
  } finally {
    entry.end();
  }
}

/** From the read behind the claim to the outcome. */
async function endAtOnce(
  context: AgentContext,
  run: NodeRun,
  held: Held,
  work: Promise<ExecutionSucceeded>,
): Promise<NodeEnd> {
  const { running, lookup } = held;
  const { journal, control } = await held.behind;
  using limit = limitTime(context.log.clock, run.placed, running, journal);
  try {
    if (control.cancelRequested) cancel(running, control.cancelReason);
    running.stop.signal.throwIfAborted();
    const succeeded = await endOfWork(context, running, work);
    running.stop.signal.throwIfAborted();
    return await complete(context, run, journal, completedBy(context, held, succeeded, undefined), lookup);
  } catch (thrown) {
    return await fail(context, run, held, thrown, { limit });
  }
}

async function writeClaim(context: AgentContext, early: ClaimAtOnce, running: Running): Promise<Journal | undefined> {
  const { log, subjects, counts } = context;
  const { pipeline, run, placed, input } = early;
  const basis = { epoch: 0, cacheKey: "", cacheMiss, blessedSequence: 0 };
  const command = claimCommand(context, { ...early, inputs: [input] }, basis);
  const place = { pipeline, run, node: placed.node };
  const claimed = await writeJournal(log, subjects, place, emptyJournal, command, running.claimEventId);
  counts[claimed.kind === "written" ? "claimsWon" : "claimsLost"] += 1;
  return claimed.kind === "written" ? claimed.journal : undefined;
}

/** Whether the run is as the trigger made believe: first epoch, this plan and seed, and that very input. */
function confirms({ placed, input }: ClaimAtOnce, snapshot: Snapshot): boolean {
  if (snapshot.control.state.epoch !== 0 || snapshot.outcome.state.epoch >= 0) return false;
  if (snapshot.started.planDigest !== placed.planDigest || snapshot.started.seed !== placed.plan.seed) return false;
  const inputs = resolveInputs(placed, snapshot);
  return inputs.kind === "ready" && inputs.inputs[0]?.artifact?.digest === input.artifact?.digest;
}

/** At once, and however often: nothing was wrong with the node. */
const anew = { attemptsMax: Number.MAX_SAFE_INTEGER, backoffMinMs: 0, backoffMaxMs: 0 };

/** Ends a claim that should not have been made, so that the run can be decided as it is. */
async function letGo(context: AgentContext, run: NodeRun, { running, behind }: Held): Promise<NodeEnd> {
  const { journal } = await behind;
  running.stop.abort("superseded");
  const error = new Retryable(
    "trigger-mismatch",
    `Cannot run ${run.placed.node.name} on what its trigger names: the run's journals name something else. It is decided anew`,
  );
  running.ending = true;
  const command = failCommand(run, running.claimEventId, error, anew);
  await writeJournal(context.log, context.subjects, placeOf(run), journal, command);
  return { kind: "again" };
}
