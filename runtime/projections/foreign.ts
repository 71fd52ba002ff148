import { isSealed } from "../journal/mod.ts";
import { parseSubject, readEvent } from "../log/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";

/** What a message is that no version of the log's own writers made, or that this version does not know. */
export type ForeignKind =
  /** No event of ours: random bytes, text, a part of an event. */
  | "undecodable"
  /** On a subject that no writer uses. */
  | "unknown-subject"
  /** An event of a kind that this version does not know: of a later version, or a stranger's. */
  | "unknown-event"
  /** An event whose writer expected nothing of its subject, as ours do: a copy or a forgery, void in every fold. */
  | "unsealed";

/** Messages of strangers, counted, and where the last of them stands. */
export interface ForeignMessages {
  readonly count: number;
  readonly byKind: Readonly<Record<ForeignKind, number>>;
  readonly last: Pick<LogEntry, "sequence" | "subject" | "timeMs"> | undefined;
  /** The range that was looked at. */
  readonly from: number;
  readonly to: number;
}

/**
 * What is foreign about a message, from itself alone; undefined if nothing is. Anyone may publish on a dataset's
 * subject, so what ingest cannot read there is refused and not foreign.
 */
export function foreignKind(entry: LogEntry): ForeignKind | undefined {
  const { kind } = parseSubject(entry.subject);
  if (kind === "unknown") return isGap(entry.subject) ? undefined : "unknown-subject";
  if (kind === "dataset") return undefined;
  const read = readEvent(entry.data);
  if (read.kind !== "event") return read.kind === "unknown" ? "unknown-event" : "undecodable";
  return kind === "rejected" || isSealed(entry) ? undefined : "unsealed";
}

/** What an import writes where the log that it came from had a gap. Source: docs/protocol.md, Imports (1). */
function isGap(subject: string): boolean {
  return /^[^.]+\.gap$/.test(subject);
}

/** Counts strangers' messages among the last ones of the log. @param messagesMax Most messages looked at. */
export async function countForeign(log: Log, messagesMax: number): Promise<ForeignMessages> {
  const to = await log.leaderLastSequence();
  const from = Math.max(1, to - messagesMax + 1);
  const byKind: Record<ForeignKind, number> = {
    undecodable: 0,
    "unknown-subject": 0,
    "unknown-event": 0,
    unsealed: 0,
  };
  let last: ForeignMessages["last"];
  let count = 0;
  for await (const entry of log.read([], { from, to })) {
    const kind = foreignKind(entry);
    if (kind === undefined) continue;
    count += 1;
    byKind[kind] += 1;
    last = { sequence: entry.sequence, subject: entry.subject, timeMs: entry.timeMs };
  }
  return { count, byKind, last, from, to };
}
