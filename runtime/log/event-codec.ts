import { randomUUID } from "node:crypto";
import { Event } from "../contracts/millrace/event/v1/event.ts";
import { Terminal } from "../model/mod.ts";

/** Most bytes of an event; more goes into an artifact whose digest it carries. Source: docs/protocol.md, Publishing. */
export const eventBytesMax = 64 * 1024;

/** What a message's bytes are. */
export type ReadEvent =
  | { readonly kind: "event"; readonly event: Event }
  /** An event whose body this version does not know; it is skipped and counted, never lost. */
  | { readonly kind: "unknown"; readonly event: Event }
  /** No event of ours at all. */
  | { readonly kind: "undecodable"; readonly reason: string };

const idPattern = /^[0-9a-f]{32}$/;

const randomEventId = (): string => randomUUID().replaceAll("-", "");
let drawEventId = randomEventId;

/** A random event id, 32 hex digits: how a writer knows its own message again. */
export function newEventId(): string {
  return drawEventId();
}

/**
 * Draws this thread's event ids from a source of its own: a simulation, whose seed must give the same bytes each time.
 * @returns what goes back to random ones.
 */
export function drawEventIdsFrom(source: () => string): () => void {
  drawEventId = source;
  return () => void (drawEventId = randomEventId);
}

/**
 * The bytes of an event.
 * @throws {Terminal} `event-too-large`.
 */
export function encodeEvent(event: Event): Uint8Array {
  const bytes = Event.encode(event).finish();
  if (bytes.length <= eventBytesMax) return bytes;
  const type = event.body?.$case ?? "event";
  throw new Terminal(
    "event-too-large",
    `Cannot write ${type} ${event.id}: an event must be at most ${eventBytesMax} bytes: it is ${bytes.length}. ` +
      "Put the larger part into an artifact and name its digest",
  );
}

/** Reads a message's bytes; whatever they are, it is an answer and never an error. */
export function readEvent(data: Uint8Array): ReadEvent {
  const event = decode(data);
  if (event instanceof Error) return { kind: "undecodable", reason: event.message };
  if (!idPattern.test(event.id)) return { kind: "undecodable", reason: "it has no event id" };
  return { kind: event.body === undefined ? "unknown" : "event", event };
}

function decode(data: Uint8Array): Event | Error {
  try {
    return Event.decode(data);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
