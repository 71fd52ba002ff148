import { FailureClass, JournalStatus } from "../contracts/millrace/event/v1/event.ts";
import type {
  Cancelled,
  ChainState,
  Claimed,
  Completed,
  Event,
  Failed,
  Failure,
  JournalState,
  Skipped,
} from "../contracts/millrace/event/v1/event.ts";
import { predecessorOf, withLater } from "./chain.ts";
import { attemptsIn, isTerminal } from "./journal.ts";
import type { Journal } from "./journal.ts";

/** What an agent wants to write to a node's journal, in the run's epoch. */
export type JournalCommand =
  | { readonly type: "claim"; readonly epoch: number; readonly claim: Omit<Claimed, "attempt"> }
  | { readonly type: "complete"; readonly epoch: number; readonly completed: Completed }
  | {
      readonly type: "fail";
      readonly epoch: number;
      readonly claimEventId: string;
      readonly retryable: boolean;
      readonly failure: Failure;
      readonly retry: RetryBudget;
      /** Shortest delay that the failure itself asks for, in milliseconds. */
      readonly retryAfterMs?: number;
      /** What is left of the time that the node's attempts may take together; none for a node without a bound. */
      readonly timeLeft?: TimeLeft;
    }
  | { readonly type: "skip"; readonly epoch: number; readonly skipped: Skipped }
  | { readonly type: "cancel"; readonly epoch: number; readonly reason: string };

/** How often and how soon a node's failures are tried again. */
export interface RetryBudget {
  readonly attemptsMax: number;
  /** Delay before the second attempt, in milliseconds; doubled for each one after. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

/** The end of a node's time, when the next attempt would come too late. */
export interface TimeLeft {
  readonly ms: number;
  /** The failure instead: why there is no other attempt. */
  readonly failure: Failure;
}

/** An event to append after the journal's head, or why the command does not fit the state. */
export type JournalDecision =
  | { readonly kind: "append"; readonly expect: number; readonly event: Omit<Event, "id"> }
  | { readonly kind: "refused"; readonly because: "terminal" | "not-the-claim" | "not-claimed" | "stale-epoch" };

/** Decides a command against a node's journal. Pure: no clock, no ids. */
export function decide(journal: Journal, command: JournalCommand): JournalDecision {
  if (isTerminal(journal, command.epoch)) return { kind: "refused", because: "terminal" };
  if (command.epoch < journal.epoch) return { kind: "refused", because: "stale-epoch" };
  const attempts = attemptsIn(journal, command.epoch);
  switch (command.type) {
    case "claim": {
      const claimed: Claimed = { ...command.claim, attempt: attempts + 1 };
      const state = stateAfter(journal, JournalStatus.JOURNAL_STATUS_CLAIMED, command.epoch, attempts + 1);
      return append(journal, { $case: "claimed", value: claimed }, { ...state, claimEventId: "", claimSequence: 0n });
    }
    case "complete": {
      const { completed } = command;
      if (completed.reused === undefined && !holds(journal, completed.claimEventId)) return notHolding(journal);
      const state = stateAfter(journal, JournalStatus.JOURNAL_STATUS_COMPLETED, command.epoch, attempts);
      return append(journal, { $case: "completed", value: completed }, state);
    }
    case "fail":
      return holds(journal, command.claimEventId) ? fail(journal, command, attempts) : notHolding(journal);
    case "skip": {
      const state = stateAfter(journal, JournalStatus.JOURNAL_STATUS_SKIPPED, command.epoch, attempts);
      return append(journal, { $case: "skipped", value: command.skipped }, state);
    }
    case "cancel": {
      const cancelled: Cancelled = { claimEventId: journal.claim?.eventId ?? "", reason: command.reason };
      const state = stateAfter(journal, JournalStatus.JOURNAL_STATUS_CANCELLED, command.epoch, attempts);
      return append(journal, { $case: "cancelled", value: cancelled }, state);
    }
  }
}

/** Milliseconds before attempt `attempt + 1`: exponential from the budget's least to its most. */
export function backoffMs(budget: RetryBudget, attempt: number): number {
  return Math.min(budget.backoffMaxMs, budget.backoffMinMs * 2 ** Math.max(0, attempt - 1));
}

function fail(journal: Journal, command: JournalCommand & { type: "fail" }, attempts: number): JournalDecision {
  const wanted = command.retryable && attempts < command.retry.attemptsMax;
  const delay = wanted ? Math.max(backoffMs(command.retry, attempts), command.retryAfterMs ?? 0) : 0;
  const late = wanted && command.timeLeft !== undefined && delay >= command.timeLeft.ms;
  const again = wanted && !late;
  const failed: Failed = {
    claimEventId: command.claimEventId,
    class: again ? FailureClass.FAILURE_CLASS_RETRYABLE : FailureClass.FAILURE_CLASS_TERMINAL,
    failure: late && command.timeLeft ? command.timeLeft.failure : command.failure,
    delayMs: BigInt(again ? Math.round(delay) : 0),
  };
  const status = again ? JournalStatus.JOURNAL_STATUS_RETRYING : JournalStatus.JOURNAL_STATUS_FAILED;
  const state = { ...stateAfter(journal, status, command.epoch, attempts), delayMs: failed.delayMs };
  return append(journal, { $case: "failed", value: failed }, state);
}

function holds(journal: Journal, claimEventId: string): boolean {
  return journal.phase === "claimed" && journal.claim?.eventId === claimEventId;
}

function notHolding(journal: Journal): JournalDecision {
  return { kind: "refused", because: journal.phase === "claimed" ? "not-the-claim" : "not-claimed" };
}

function stateAfter(journal: Journal, status: JournalStatus, epoch: number, attempts: number): JournalState {
  return withLater(journal, {
    status,
    epoch,
    attempts,
    claimEventId: journal.lastClaim?.eventId ?? "",
    claimSequence: BigInt(journal.lastClaim?.sequence ?? 0),
    delayMs: 0n,
    firstClaimedMs: BigInt((journal.epoch === epoch ? journal.firstClaimedMs : undefined) ?? 0),
  });
}

function append(journal: Journal, body: Event["body"], state: JournalState): JournalDecision {
  const chain: ChainState = { chain: { $case: "journal", value: state } };
  return {
    kind: "append",
    expect: journal.expect,
    event: { previous: predecessorOf(journal.head), state: chain, body },
  };
}
