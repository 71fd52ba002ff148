import { JournalStatus } from "../contracts/millrace/event/v1/event.ts";
import type { Claimed, Completed, Event, Failed, JournalState } from "../contracts/millrace/event/v1/event.ts";
import { eventPlace } from "../log/mod.ts";
import type { EntryPlace, LogEntry } from "../log/mod.ts";
import { decodeEvent, isSealed, laterFields } from "./chain.ts";
import type { ChainHead, LaterFields } from "./chain.ts";

/** Where a node's execution stands, folded from its journal. */
export type JournalPhase = "open" | "claimed" | "retrying" | "completed" | "failed" | "skipped" | "cancelled";

/** The claim that a node's journal holds, while it is the last word or once it was. */
export interface OpenClaim {
  readonly eventId: string;
  readonly sequence: number;
  readonly timeMs: number;
  readonly body: Claimed;
}

/** A node's journal, folded. Immutable; `evolve` makes the next. */
export interface Journal {
  readonly phase: JournalPhase;
  /** Epoch in which the last event was written. */
  readonly epoch: number;
  /** Claims in that epoch. */
  readonly attempts: number;
  /** Sequence that the next append must expect: the subject's last, void messages included. */
  readonly expect: number;
  /** The last legal event. */
  readonly head: ChainHead | undefined;
  /** While `claimed`: who holds it. */
  readonly claim: OpenClaim | undefined;
  /** Event id and sequence of the last claim, whatever came after. */
  readonly lastClaim: { readonly eventId: string; readonly sequence: number } | undefined;
  /** Server time of the first claim in that epoch, Unix epoch milliseconds; undefined before it. */
  readonly firstClaimedMs: number | undefined;
  /** While `retrying`: server time at which the next attempt is due, Unix epoch milliseconds. */
  readonly dueMs: number | undefined;
  readonly completed: Completed | undefined;
  readonly failed: Failed | undefined;
  /** Why it was skipped or cancelled, in one sentence. */
  readonly reason: string | undefined;
  /** Messages that did not follow from what was there. */
  readonly voids: number;
  /** Fields of the carried state that a later version has written. */
  readonly later?: LaterFields;
}

/** A journal that was never written. */
export const emptyJournal: Journal = {
  phase: "open",
  epoch: 0,
  attempts: 0,
  expect: 0,
  head: undefined,
  claim: undefined,
  lastClaim: undefined,
  firstClaimedMs: undefined,
  dueMs: undefined,
  completed: undefined,
  failed: undefined,
  reason: undefined,
  voids: 0,
};

const terminalPhases: ReadonlySet<JournalPhase> = new Set(["completed", "failed", "skipped", "cancelled"]);

/** Whether the node has ended in the run's epoch; what failed, was skipped or cancelled before a resume is open again. */
export function isTerminal(journal: Journal, epoch: number): boolean {
  if (journal.phase === "completed") return true;
  return terminalPhases.has(journal.phase) && journal.epoch >= epoch;
}

/** Attempts made in the run's epoch; a resume starts them anew. */
export function attemptsIn(journal: Journal, epoch: number): number {
  return journal.epoch === epoch ? journal.attempts : 0;
}

/**
 * Folds the next message of a node's journal. Any message is accepted: one that does not decode, is of an unknown
 * kind, or does not follow from the state is void, counted, and moves only `expect`.
 *
 * @param entry The next message of the subject, ascending by sequence.
 * Source: docs/protocol.md, Publishing (3) and Claim, work, outcome.
 */
export function evolve(journal: Journal, entry: LogEntry): Journal {
  return evolveEvent(journal, isSealed(entry) ? decodeEvent(entry.data) : undefined, entry);
}

/** As `evolve`, for a message that is decoded already. */
export function evolveEvent(journal: Journal, event: Event | undefined, entry: EntryPlace): Journal {
  const next = event === undefined ? undefined : follow(journal, event, eventPlace(event, entry));
  return next ?? { ...journal, expect: entry.sequence, voids: journal.voids + 1 };
}

/**
 * The journal as its last message carries it: one read instead of a fold.
 * @returns undefined if the message is not a well-formed journal event; fold the whole subject then.
 */
export function fromLast(entry: LogEntry): Journal | undefined {
  const event = isSealed(entry) ? decodeEvent(entry.data) : undefined;
  if (event?.state?.chain?.$case !== "journal") return undefined;
  const carried = event.state.chain.value;
  const before = beforeCarried(event, carried);
  return before && follow(before, event, eventPlace(event, entry));
}

/** The least that must have been there before, for the last message to follow from it. */
function beforeCarried(event: Event, carried: JournalState): Journal | undefined {
  const previous = event.previous;
  const claiming = event.body?.$case === "claimed";
  const claim =
    carried.claimEventId === "" || claiming
      ? undefined
      : { eventId: carried.claimEventId, sequence: Number(carried.claimSequence) };
  const endsClaim = claim !== undefined && previous?.eventId === claim.eventId;
  return {
    ...emptyJournal,
    phase: endsClaim ? "claimed" : "open",
    epoch: carried.epoch,
    attempts: claiming ? Math.max(0, carried.attempts - 1) : carried.attempts,
    expect: Number(previous?.sequence ?? 0n),
    head: previous && { eventId: previous.eventId, sequence: Number(previous.sequence), timeMs: 0 },
    lastClaim: claim,
    firstClaimedMs: Number(carried.firstClaimedMs) || undefined,
  };
}

function follow(journal: Journal, event: Event, entry: EntryPlace): Journal | undefined {
  if ((event.previous?.eventId ?? "") !== (journal.head?.eventId ?? "")) return undefined;
  if (event.state?.chain?.$case !== "journal" || event.body === undefined) return undefined;
  const { epoch, attempts, delayMs } = event.state.chain.value;
  if (epoch < journal.epoch || journal.phase === "completed") return undefined;
  const reopened = epoch > journal.epoch;
  if (!reopened && terminalPhases.has(journal.phase)) return undefined;

  const head = { eventId: event.id, sequence: entry.sequence, timeMs: entry.timeMs };
  const base: Journal = {
    ...emptyJournal,
    epoch,
    attempts,
    expect: entry.sequence,
    head,
    lastClaim: journal.lastClaim,
    firstClaimedMs: reopened ? undefined : journal.firstClaimedMs,
    voids: journal.voids,
    ...laterFields(event.state),
  };
  const endsOpenClaim = (claimEventId: string): boolean =>
    claimEventId !== "" && claimEventId === journal.lastClaim?.eventId && journal.head?.eventId === claimEventId;

  switch (event.body.$case) {
    case "claimed": {
      if (attempts !== attemptsIn(journal, epoch) + 1) return undefined;
      const claim = { ...head, body: event.body.value };
      const firstClaimedMs = base.firstClaimedMs ?? entry.timeMs;
      const lastClaim = { eventId: event.id, sequence: entry.sequence };
      return { ...base, phase: "claimed", claim, lastClaim, firstClaimedMs };
    }
    case "completed": {
      const completed = event.body.value;
      if (completed.reused === undefined && !endsOpenClaim(completed.claimEventId)) return undefined;
      return { ...base, phase: "completed", completed };
    }
    case "failed": {
      const failed = event.body.value;
      if (!endsOpenClaim(failed.claimEventId)) return undefined;
      const retrying = event.state.chain.value.status === JournalStatus.JOURNAL_STATUS_RETRYING;
      return retrying
        ? { ...base, phase: "retrying", failed, dueMs: entry.timeMs + Number(delayMs) }
        : { ...base, phase: "failed", failed };
    }
    case "skipped":
      return { ...base, phase: "skipped", reason: event.body.value.reason };
    case "cancelled":
      return { ...base, phase: "cancelled", reason: event.body.value.reason };
    default:
      return undefined;
  }
}
