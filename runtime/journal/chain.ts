import type { ChainState, ControlState, Event, Predecessor } from "../contracts/millrace/event/v1/event.ts";
import { eventPlace, readEvent } from "../log/mod.ts";
import type { EntryPlace, LogEntry } from "../log/mod.ts";

/** A compare-and-set chain of events on one subject, folded to its state. */
export interface Chain<State> {
  readonly state: State;
  /** Sequence that the next append must expect: the subject's last, void messages included. */
  readonly expect: number;
  readonly head: ChainHead | undefined;
  /** Fields of the carried state that a later version has written. */
  readonly later?: LaterFields;
}

/** Fields that this version does not know: kept, and written again with the state that the next event carries. */
export type LaterFields = NonNullable<ControlState["_unknownFields"]>;

/** What a carried state holds that this version does not know; to be spread into what keeps it. */
export function laterFields(state: ChainState | undefined): { readonly later?: LaterFields } {
  const later = state?.chain?.value._unknownFields;
  return later === undefined ? {} : { later };
}

/** A carried state with the later fields of the one before it. */
export function withLater<Value extends object>({ later }: { readonly later?: LaterFields }, value: Value): Value {
  return later === undefined ? value : { ...value, _unknownFields: later };
}

/** The last legal event of a chain. */
export interface ChainHead {
  readonly eventId: string;
  readonly sequence: number;
  readonly timeMs: number;
}

/** The place of an event that is not in the log yet; the log gives it one. */
export const unplaced: EntryPlace = { sequence: 0, timeMs: 0 };

/** One chain's kind: its empty state, its step, and how its last message carries the state. */
export interface ChainKind<State> {
  readonly initial: State;
  /** The state after an event, or undefined if the event is void here. */
  step(state: State, event: Event, entry: EntryPlace): State | undefined;
  /** The state that the last message carries, or undefined if it carries none: then fold the whole subject. */
  carried(state: ChainState, event: Event, entry: EntryPlace): State | undefined;
}

/** The event that a message holds, known or not; undefined if it holds none. */
export function decodeEvent(data: Uint8Array): Event | undefined {
  const read = readEvent(data);
  return read.kind === "undecodable" ? undefined : read.event;
}

/** A chain on which nothing was written. */
export function emptyChain<State>(kind: ChainKind<State>): Chain<State> {
  return { state: kind.initial, expect: 0, head: undefined };
}

/**
 * Whether a message was appended as a chain's are: its writer expected something of the subject, and the log held that
 * against it. Garbage, copies and forgeries have no such seal, and nobody can put one on a message that stands there.
 * Source: docs/protocol.md, Publishing (3).
 */
export function isSealed({ expected }: Pick<LogEntry, "expected">): boolean {
  return expected !== undefined;
}

/** Folds the next message of a chain; what has no seal or does not follow is void and moves only `expect`. */
export function stepChain<State>(kind: ChainKind<State>, chain: Chain<State>, entry: LogEntry): Chain<State> {
  const event = isSealed(entry) ? decodeEvent(entry.data) : undefined;
  if (event === undefined || (event.previous?.eventId ?? "") !== (chain.head?.eventId ?? ""))
    return { ...chain, expect: entry.sequence };
  const place = eventPlace(event, entry);
  const state = kind.step(chain.state, event, place);
  if (state === undefined) return { ...chain, expect: entry.sequence };
  return { state, expect: entry.sequence, head: { eventId: event.id, ...place }, ...laterFields(event.state) };
}

/** The chain as its last message carries it; undefined if that message is not one of the chain's own. */
export function chainFromLast<State>(kind: ChainKind<State>, entry: LogEntry | undefined): Chain<State> | undefined {
  if (entry === undefined) return emptyChain(kind);
  const event = isSealed(entry) ? decodeEvent(entry.data) : undefined;
  if (event?.state === undefined) return undefined;
  const place = eventPlace(event, entry);
  const state = kind.carried(event.state, event, place);
  if (state === undefined) return undefined;
  return { state, expect: entry.sequence, head: { eventId: event.id, ...place }, ...laterFields(event.state) };
}

/** Names a chain's head in the next event. */
export function predecessorOf(
  head: { readonly eventId: string; readonly sequence: number } | undefined,
): Predecessor | undefined {
  return head && { sequence: BigInt(head.sequence), eventId: head.eventId };
}
