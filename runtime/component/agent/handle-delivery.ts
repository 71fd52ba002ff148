import type { Event, Failure } from "../../contracts/millrace/event/v1/event.ts";
import type { PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import { decideNode, readRun, retryBudget } from "../../driver/mod.ts";
import type { NodeDecision, PlacedNode, Snapshot } from "../../driver/mod.ts";
import { failureOf } from "../../executor/mod.ts";
import { decodeEvent, effectivePlan, emptyJournal, startedPlan } from "../../journal/mod.ts";
import type { JournalCommand } from "../../journal/mod.ts";
import { parseSubject } from "../../log/mod.ts";
import { Terminal } from "../../model/mod.ts";
import { readStart } from "../../projections/mod.ts";
import { writeJournal } from "../../publisher/mod.ts";
import type { AgentContext } from "./context.ts";
import { endNode } from "./end-node.ts";
import type { Lease } from "./lease.ts";
import { claimAtOnce, mayClaimAtOnce } from "./claim-at-once.ts";
import { runNode } from "./claim-node.ts";
import type { NodeEnd } from "./node-run.ts";
import { nodeTimeoutFailure } from "./time-limit.ts";
import type { Slot } from "./slots.ts";
import { takeNode } from "./take-node.ts";
import { isTriggerSubject, triggeredNodes } from "./trigger.ts";
import type { TriggerSubject } from "./trigger.ts";

/** Rounds of reading and deciding one node on one delivery before it is given back. */
const roundsMax = 32;
/** Wait before a message of a later version is looked at again: an upgrade may be under way. */
const unknownDelayMs = 30_000;
/** Wait before a control message that found no slot free comes again. */
const noSlotDelayMs = 5_000;
/** Wait before a delivery whose node would not settle comes again. */
const unsettledDelayMs = 1_000;

export interface HandledDelivery {
  readonly durable: string;
  readonly lease: Lease;
}

/**
 * Handles one delivery: every node of the component that it wakes is read, decided and acted on; then, last, the
 * delivery is settled. Source: docs/protocol.md, Deciding a node and Claim, work, outcome (6).
 */
export async function handleDelivery(context: AgentContext, handled: HandledDelivery): Promise<void> {
  const { lease } = handled;
  const { entry } = lease.delivery;
  const subject = parseSubject(entry.subject);
  if (!isTriggerSubject(subject)) return lease.term("its subject is none of the log's");
  const event = decodeEvent(entry.data);
  if (event === undefined) {
    context.counts.undecodable += 1;
    context.logger.error(
      { subject: entry.subject, sequence: entry.sequence },
      "terminated a message that does not decode",
    );
    return lease.term("does not decode");
  }
  if (event.body === undefined) return lease.nak(unknownDelayMs);
  const found = await findPlan(context, subject, event);
  if (found === undefined) return lease.ack();
  const nodes = triggeredNodes(found.plan, context.declaration.name, subject);
  const ends = await Promise.all(nodes.map((node) => handleNode(context, handled, subject, event, { ...found, node })));
  settle(lease, ends);
}

function settle(lease: Lease, ends: readonly NodeEnd[]): void {
  if (ends.some(({ kind }) => kind === "drop")) return lease.drop();
  const delays = ends.flatMap((end) => (end.kind === "later" ? [end.delayMs] : []));
  if (delays.length > 0) return lease.nak(Math.min(...delays));
  lease.ack();
}

/**
 * A plan of the trigger's run, to know the nodes that it wakes: named by the trigger if it is known here, else by the
 * run's start. A resume may have brought another since; all of a run's plans have the same nodes, and which one is
 * followed is decided by the read (`placedNow`).
 */
async function findPlan(
  { plans, log, subjects }: AgentContext,
  { pipeline, run }: TriggerSubject,
  event: Event,
): Promise<Pick<PlacedNode, "plan" | "planDigest"> | undefined> {
  const named = event.body?.$case === "artifactProduced" ? event.body.value.planDigest : "";
  const known = plans.cached(named);
  if (known) return { plan: known, planDigest: named };
  const subject = subjects.started(pipeline, run);
  const start = await readStart(log, subject, await log.leaderLastOf(subject));
  if (start === undefined) return undefined;
  const reference = startedPlan(start.started);
  return { plan: await plans.load(reference), planDigest: reference.digest };
}

/** The server's time where a due time or the age of a claim is to be compared with it; elsewhere it decides nothing. */
async function serverTimeFor({ log }: AgentContext, { journals }: Snapshot, { node }: PlacedNode): Promise<number> {
  const phase = journals.get(node.name)?.phase;
  return phase === "claimed" || phase === "retrying" ? log.serverTimeMs() : log.clock.epochMs();
}

/** The node as the plan of the run's epoch has it. */
async function placedNow({ plans }: AgentContext, placed: PlacedNode, snapshot: Snapshot): Promise<PlacedNode> {
  const reference = effectivePlan(snapshot.started, snapshot.control.state);
  if (reference.digest === placed.planDigest) return placed;
  const plan = await plans.load(reference);
  const node = plan.nodes.find(({ name }) => name === placed.node.name);
  if (node?.component === placed.node.component) return { plan, planDigest: reference.digest, node };
  throw new Terminal(
    "plan-mismatch",
    `Cannot run node ${placed.node.name} of run ${snapshot.run}: its plan ${reference.digest} must have the nodes of ${placed.planDigest}, and has no such node of ${placed.node.component}`,
  );
}

async function handleNode(
  context: AgentContext,
  handled: HandledDelivery,
  subject: TriggerSubject,
  event: Event,
  triggered: PlacedNode,
): Promise<NodeEnd> {
  let slot: Slot | undefined;
  // Whether an earlier holder of this delivery, or we, may have written to the journal.
  let written = handled.lease.delivery.count > 1;
  try {
    const early = mayClaimAtOnce(context, { placed: triggered, ...handled }, subject, event);
    if (early) {
      slot = context.slots.tryTake() ?? (await context.slots.take());
      if (!handled.lease.valid) return { kind: "drop" };
      const ended = await claimAtOnce(context, early);
      if (ended.kind !== "again") return ended;
      written = true;
    }
    for (let round = 0; round < roundsMax; round++) {
      if (!handled.lease.valid) return { kind: "drop" };
      const snapshot = await read(context, handled, subject, triggered, written || round > 0);
      if (snapshot === undefined) return { kind: "done" };
      const placed = await placedNow(context, triggered, snapshot);
      const decision = decideNode(placed, snapshot, {
        trigger: { durable: handled.durable, sequence: handled.lease.delivery.entry.sequence },
        nowMs: await serverTimeFor(context, snapshot, placed),
        isRunning: (claimEventId) => context.running.all.has(claimEventId),
      });
      if (decision.kind === "run" && slot === undefined) {
        slot = context.slots.tryTake();
        if (slot === undefined && subject.kind === "control") return { kind: "later", delayMs: noSlotDelayMs };
        slot ??= await context.slots.take();
        if (slot.waited) continue;
      }
      const acted = await act(context, handled, placed, snapshot, decision);
      if (acted.kind !== "again") return acted;
    }
    return { kind: "later", delayMs: unsettledDelayMs };
  } finally {
    slot?.[Symbol.dispose]();
  }
}

function read(
  { log, subjects }: AgentContext,
  { lease }: HandledDelivery,
  { pipeline, run }: TriggerSubject,
  placed: PlacedNode,
  redelivered: boolean,
): Promise<Snapshot | undefined> {
  const { delivery } = lease;
  return readRun(log, subjects, { pipeline, run, placed, atLeast: delivery.entry.sequence, redelivered });
}

async function act(
  context: AgentContext,
  { durable, lease }: HandledDelivery,
  placed: PlacedNode,
  snapshot: Snapshot,
  decision: NodeDecision,
): Promise<NodeEnd> {
  const { epoch } = snapshot.control.state;
  const journal = snapshot.journals.get(placed.node.name) ?? emptyJournal;
  switch (decision.kind) {
    case "nothing":
      return { kind: "done" };
    case "ours":
      await context.running.all.get(decision.claimEventId)?.ended;
      return { kind: "again" };
    case "later":
      return decision;
    case "ended":
      await endNode(context, placed, snapshot, journal, {
        items: decision.missing,
        checkRunEnd: decision.checkRunEnd,
        atLeast: lease.delivery.entry.sequence,
      });
      return { kind: "done" };
    case "skip":
      return endWithoutWork(context, placed, snapshot, { type: "skip", epoch, skipped: decision.skipped });
    case "cancel":
      return endWithoutWork(context, placed, snapshot, { type: "cancel", epoch, reason: decision.reason });
    case "give-up":
      return endWithoutWork(context, placed, snapshot, giveUp(placed.node, epoch, decision));
    case "take":
      return takeNode(context, { placed, snapshot, inputs: decision.inputs, durable, lease });
    case "run":
      return runNode(context, { placed, snapshot, inputs: decision.inputs, durable, lease });
  }
}

/** Ends a node without work: one terminal message, its fan-out, and perhaps the run's end. */
async function endWithoutWork(
  context: AgentContext,
  placed: PlacedNode,
  snapshot: Snapshot,
  command: JournalCommand,
): Promise<NodeEnd> {
  const { node } = placed;
  const place = { pipeline: snapshot.pipeline, run: snapshot.run, node };
  const journal = snapshot.journals.get(node.name) ?? emptyJournal;
  const written = await writeJournal(context.log, context.subjects, place, journal, command);
  if (written.kind !== "written") return { kind: "again" };
  await endNode(context, placed, snapshot, written.journal);
  return { kind: "done" };
}

function giveUp(
  node: PlanNode,
  epoch: number,
  { claimEventId, attempts, because }: NodeDecision & { kind: "give-up" },
): JournalCommand {
  const failure = because === "node-timeout" ? nodeTimeoutFailure(node, attempts) : exhausted(node, attempts);
  return { type: "fail", epoch, claimEventId, retryable: false, retry: retryBudget(node), failure };
}

function exhausted(node: PlanNode, attempts: number): Failure {
  return failureOf(
    new Terminal(
      "attempts-exhausted",
      `Cannot go on with ${node.name}: ${attempts} attempts ended without an outcome (its executor or agent died each time), and the pipeline allows ${retryBudget(node).attemptsMax}`,
    ),
  );
}
