import type { Log } from "millrace/log";
import { momentMs } from "millrace/log";
import { KeptTimes } from "millrace/projections";
import type { Invocation } from "../invocation.ts";
import { WrongUse } from "../wrong-use.ts";

/** A moment of the log. */
export interface Moment {
  /** Last sequence that counts. */
  readonly sequence: number;
  /** What time it was, for what had not ended then: Unix epoch milliseconds. */
  readonly nowMs: number;
}

/** Where what is folded is kept, and who is told that a moment is not what was asked for. */
type Reader = Pick<Invocation, "data" | "note">;

/** A date, or a date and a time, with or without a zone. */
const timePattern = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?(Z|[+-]\d\d:?\d\d)?)?$/;

/** The least number of digits of a time in milliseconds; no log has so many messages. */
const millisecondDigits = 13;

/**
 * The moment that --at names.
 * @param at A sequence, or an ISO 8601 time, in UTC where it names no zone: then the longest prefix of the log whose
 * newest time is not later. Absent: now.
 * @param reader Absent: nothing is kept between commands, and nobody told.
 * @throws {WrongUse} it is neither.
 * Source: docs/protocol.md, Time.
 */
export async function readMoment(log: Log, at: string | undefined, reader?: Reader): Promise<Moment> {
  const last = await log.leaderLastSequence();
  const nowMs = log.clock.epochMs();
  if (at === undefined) return { sequence: last, nowMs };
  const timeMs = timeOf(at);
  if (timeMs !== undefined) {
    if (timeMs > nowMs) reader?.note(`${at} is yet to come: this is the log as it is now.`);
    const sequence = await new KeptTimes(log, reader?.data.projections).lastUpTo(timeMs, last);
    return { sequence, nowMs: Math.min(timeMs, nowMs) };
  }
  const sequence = sequenceOf(at);
  if (sequence > last) reader?.note(`The log ends at message ${last}, before ${at}: this is the log as it is now.`);
  if (sequence >= last) return { sequence: last, nowMs };
  const entry = sequence === 0 ? undefined : await log.get(sequence);
  return { sequence, nowMs: entry === undefined ? nowMs : momentMs(entry) };
}

/** The sequence of the moment that --at names, as `readMoment` has it. */
export async function sequenceAt(log: Log, at: string | undefined, reader?: Reader): Promise<number> {
  return (await readMoment(log, at, reader)).sequence;
}

function timeOf(at: string): number | undefined {
  const match = timePattern.exec(at);
  if (match === null) return undefined;
  const dated = at.replace(" ", "T").replace(" ", "");
  const timeMs = Date.parse(dated.length > 10 && match[1] === undefined ? `${dated}Z` : dated);
  if (Number.isNaN(timeMs)) throw new WrongUse(`Cannot read --at ${at}: there is no such day or time`);
  return timeMs;
}

function sequenceOf(at: string): number {
  if (!/^\d+$/.test(at))
    throw new WrongUse(`Cannot read --at ${at}: it must be a sequence or a time like 2026-11-23T12:00:00Z`);
  if (at.length < millisecondDigits) return Number(at);
  const time = new Date(Number(at));
  const hint = Number.isNaN(time.getTime())
    ? ""
    : `; as a time in milliseconds it is ${time.toISOString()}, so write that`;
  throw new WrongUse(`Cannot read --at ${at}: no log has so many messages${hint}`);
}
