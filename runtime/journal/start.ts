import type { RunStarted } from "../contracts/millrace/event/v1/event.ts";
import { eventPlace, type EntryPlace, type LogEntry } from "../log/mod.ts";
import { decodeEvent, isSealed } from "./chain.ts";

/** A run's start and where it stands. */
export interface Start extends EntryPlace {
  readonly eventId: string;
  readonly started: RunStarted;
}

/** The start that a message on `started` is; undefined if it is none. A run's is the first of them. */
export function startOf(entry: LogEntry | undefined): Start | undefined {
  const event = entry !== undefined && isSealed(entry) ? decodeEvent(entry.data) : undefined;
  if (entry === undefined || event?.body?.$case !== "runStarted") return undefined;
  return { eventId: event.id, started: event.body.value, ...eventPlace(event, entry) };
}
