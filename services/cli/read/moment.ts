import type { Log } from "millrace/log";
import { WrongUse } from "../wrong-use.ts";

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
