import { type Log, momentMs } from "millrace/log";
import { WrongUse } from "../wrong-use.ts";

/** A moment of the log. */
export interface Moment {
  /** Last sequence that counts. */
  readonly sequence: number;
  /** What time it was, for what had not ended then: Unix epoch milliseconds. */
  readonly nowMs: number;
}

/** The moment that --at names: of a past one the time of its last message, else now. @throws {WrongUse} it is neither. */
export async function readMoment(log: Log, at: string | undefined): Promise<Moment> {
  const sequence = await sequenceAt(log, at);
  const entry = at === undefined ? undefined : await log.get(sequence + 1);
  const last = entry && sequence > 0 ? await log.get(sequence) : undefined;
  return { sequence, nowMs: last === undefined ? log.clock.epochMs() : momentMs(last) };
}

/**
 * The sequence up to which a read goes.
 * @param at What --at says: a sequence, or an ISO 8601 time (then the longest prefix of the log whose newest server
 * time is not later); absent: all there is.
 * @throws {WrongUse} it is neither.
 * Source: docs/protocol.md, Time.
 */
export async function sequenceAt(log: Log, at: string | undefined): Promise<number> {
  const last = await log.leaderLastSequence();
  if (at === undefined) return last;
  if (/^\d+$/.test(at)) return Math.min(Number(at), last);
  const timeMs = Date.parse(at);
  if (Number.isNaN(timeMs))
    throw new WrongUse(`Cannot read --at ${at}: it must be a sequence or a time like 2026-11-23T12:00:00Z`);
  return lastUpTo(log, timeMs);
}

async function lastUpTo(log: Log, timeMs: number): Promise<number> {
  let sequence = 0;
  for await (const entry of log.read([])) {
    if (entry.timeMs > timeMs) break;
    sequence = entry.sequence;
  }
  return sequence;
}
