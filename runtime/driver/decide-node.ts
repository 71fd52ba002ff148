import type { Skipped } from "../contracts/millrace/event/v1/event.ts";
import type { InputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { attemptsIn, emptyJournal, isTerminal } from "../journal/mod.ts";
import type { Journal } from "../journal/mod.ts";
import { claimBound, nodeTimeoutMs, retryBudget } from "./budget.ts";
import { missingFanOut } from "./fan-out.ts";
import type { FanOutItem } from "./fan-out.ts";
import { resolveInputs } from "./inputs.ts";
import { isSink, producersOf } from "./snapshot.ts";
import type { PlacedNode, Snapshot } from "./snapshot.ts";

/** The delivery that led here. */
export interface Trigger {
  readonly durable: string;
  readonly sequence: number;
}

/** What a driver does about one node on one trigger. */
export type NodeDecision =
  /** Nothing is for us: acknowledge. */
  | { readonly kind: "nothing"; readonly because: string }
  /** This process already runs it: the delivery joins the claim's. */
  | { readonly kind: "ours"; readonly claimEventId: string }
  /** Not due: come again. */
  | { readonly kind: "later"; readonly delayMs: number }
  /** It has ended: write what is missing behind the outcome, and the run's end if this is where runs end. */
  | { readonly kind: "ended"; readonly missing: readonly FanOutItem[]; readonly checkRunEnd: boolean }
  | { readonly kind: "skip"; readonly skipped: Skipped }
  | { readonly kind: "cancel"; readonly reason: string }
  /** Its last claim lapsed, and no attempt or no time is left: the claim is ended as failed. */
  | {
      readonly kind: "give-up";
      readonly claimEventId: string;
      readonly attempts: number;
      readonly because: "attempts-exhausted" | "node-timeout";
    }
  /** Take its outcome from the run that this one forks. */
  | { readonly kind: "take"; readonly inputs: readonly InputArtifact[] }
  /** Reuse it or claim it. */
  | { readonly kind: "run"; readonly inputs: readonly InputArtifact[]; readonly cancelRequested: boolean };

export interface DecisionContext {
  readonly trigger: Trigger;
  /** Server time as well as it is known, Unix epoch milliseconds. */
  readonly nowMs: number;
  /** Whether this process is at work on the claim. */
  isRunning(claimEventId: string): boolean;
}

/**
 * Decides one node from a fresh snapshot. Pure but for `isRunning`.
 * Source: docs/protocol.md, Deciding a node, and Claim, work, outcome (2, 5, 6).
 */
export function decideNode(placed: PlacedNode, snapshot: Snapshot, context: DecisionContext): NodeDecision {
  const { node, plan } = placed;
  const journal = snapshot.journals.get(node.name) ?? emptyJournal;
  const { epoch, cancelRequested, cancelReason } = snapshot.control.state;

  if (isTerminal(journal, epoch)) {
    const missing = missingFanOut(node, journal, snapshot.fanOut);
    const endsRun = isSink(plan, node.name) || journal.phase === "cancelled";
    return { kind: "ended", missing, checkRunEnd: endsRun && snapshot.outcome.state.epoch < epoch };
  }
  if (snapshot.outcome.state.epoch >= epoch) return { kind: "nothing", because: "the run has ended" };
  if (journal.phase === "claimed" && journal.claim) {
    if (context.isRunning(journal.claim.eventId)) return { kind: "ours", claimEventId: journal.claim.eventId };
    if (!leaseLapsed(placed, journal, context))
      return { kind: "nothing", because: "another trigger holds a live claim" };
  }
  const exhausted = nothingLeft(placed, journal, epoch, context.nowMs);
  if (exhausted) return exhausted;
  if (cancelRequested && !mayHaveActed(node, journal)) return { kind: "cancel", reason: cancelSentence(cancelReason) };
  if (journal.phase === "retrying" && journal.dueMs !== undefined && journal.dueMs > context.nowMs && !cancelRequested)
    return { kind: "later", delayMs: journal.dueMs - context.nowMs };

  const inputs = resolveInputs(placed, snapshot);
  if (inputs.kind === "unsettled") return { kind: "nothing", because: `waiting for ${inputs.waitingFor}` };
  if (context.trigger.sequence < lastCause(placed, snapshot))
    return { kind: "nothing", because: "a later message wakes it: this one was nothing for us when it came first" };
  switch (inputs.kind) {
    case "voided":
      return {
        kind: "skip",
        skipped: { input: inputs.input, causeNode: inputs.node, reason: inputs.reason },
      };
    case "ready":
      if (snapshot.started.options?.takenNodes.includes(node.name)) return { kind: "take", inputs: inputs.inputs };
      return { kind: "run", inputs: inputs.inputs, cancelRequested };
  }
}

/**
 * Sequence of the last thing that a decision to run rests on: the end of a producer, or of the epoch before. Whatever
 * is woken by an earlier message may have been acknowledged as nothing by another, so that a claim by it would have no
 * lease; the message behind the last cause has found all of it settled, whoever had it.
 */
function lastCause(placed: PlacedNode, { journals, outcome }: Snapshot): number {
  const ends = producersOf(placed).map(({ name }) => journals.get(name)?.head?.sequence ?? 0);
  return Math.max(0, outcome.head?.sequence ?? 0, ...ends);
}

/** Whether an attempt has begun that may have acted outside: its next claim finds out, and nobody else cancels it. */
export function mayHaveActed({ externalEffects }: PlanNode, { phase }: Journal): boolean {
  return externalEffects && (phase === "claimed" || phase === "retrying");
}

/** Why a node was cancelled. @param reason What whoever asked for it said, if anything. */
export function cancelSentence(reason: string): string {
  return reason === "" ? "the run was cancelled" : `the run was cancelled: ${reason}`;
}

/** The end of a lapsed claim behind which there may be no other. */
function nothingLeft(
  { node }: PlacedNode,
  journal: Journal,
  epoch: number,
  nowMs: number,
): (NodeDecision & { kind: "give-up" }) | undefined {
  if (journal.phase !== "claimed" || journal.claim === undefined) return undefined;
  const attempts = attemptsIn(journal, epoch);
  const ended = { kind: "give-up", claimEventId: journal.claim.eventId, attempts } as const;
  if (attempts >= retryBudget(node).attemptsMax) return { ...ended, because: "attempts-exhausted" };
  const timeoutMs = nodeTimeoutMs(node);
  const overdue = timeoutMs !== undefined && nowMs - (journal.firstClaimedMs ?? nowMs) >= timeoutMs;
  return overdue ? { ...ended, because: "node-timeout" } : undefined;
}

/** The very delivery that claimed, arriving where nothing runs; or a claim older than it may get. */
function leaseLapsed({ node }: PlacedNode, journal: Journal, { trigger, nowMs }: DecisionContext): boolean {
  const { claim } = journal;
  if (claim === undefined) return false;
  const sameDelivery =
    claim.body.durable === trigger.durable && Number(claim.body.triggerSequence) === trigger.sequence;
  return sameDelivery || nowMs - claim.timeMs > claimBound(node, journal).ms;
}
