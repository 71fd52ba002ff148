import { decodeEvent, isSealed } from "../../journal/mod.ts";
import type { Log, LogEntry } from "../../log/mod.ts";

/**
 * A chain's messages up to a sequence, ascending, read backwards from its last: each names the one before it, so that
 * a short chain costs as many reads as it has messages, however long the log is. Where a name leads nowhere (an
 * imported event's, whose sequences are another log's, or a stranger's) the whole subject is read.
 * @param last The subject's last message.
 */
export async function readChainHistory(
  log: Log,
  subject: string,
  last: LogEntry | undefined,
  to: number,
): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let entry = last; entry !== undefined;) {
    const event = decodeEvent(entry.data);
    if (event === undefined || !isSealed(entry)) return readWhole(log, subject, to);
    if (entry.sequence <= to) entries.push(entry);
    const { previous } = event;
    if (previous === undefined) break;
    entry = await log.get(Number(previous.sequence));
    if (entry?.subject !== subject || decodeEvent(entry.data)?.id !== previous.eventId)
      return readWhole(log, subject, to);
  }
  return entries.toReversed();
}

async function readWhole(log: Log, subject: string, to: number): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of log.read([subject], { to })) entries.push(entry);
  return entries;
}
