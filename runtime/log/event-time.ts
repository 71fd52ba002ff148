import type { Event } from "../contracts/millrace/event/v1/event.ts";
import type { LogEntry } from "./log.ts";

/** Where and when a message stands in the log. */
export type EntryPlace = Pick<LogEntry, "sequence" | "timeMs">;

/** Header of a message that came with its whole log: the server's time there, Unix epoch milliseconds. */
export const importedTimeHeader = "millrace-imported-time";

/**
 * Place of an event, at the time when it happened: of an imported one where it first stood. Whoever measures a run
 * takes times from here; whether somebody is at work now is asked of the server's own.
 */
export function eventPlace(event: Event, { sequence, timeMs }: EntryPlace): EntryPlace {
  return { sequence, timeMs: event.importedFrom === undefined ? timeMs : Number(event.importedFrom.timeMs) };
}

/**
 * The time by which a moment of the log is found: of a message that came with its whole log the time there. A run that
 * came alone is here from its import on. No message can claim to be from after it was stored.
 * Source: docs/protocol.md, Time.
 */
export function momentMs({ timeMs, headers }: Pick<LogEntry, "timeMs" | "headers">): number {
  const imported = headers.get(importedTimeHeader);
  return imported !== undefined && /^\d{1,15}$/.test(imported) ? Math.min(timeMs, Number(imported)) : timeMs;
}
