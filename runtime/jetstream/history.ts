import { setTimeout as sleep } from "node:timers/promises";
import { subjectMatcher } from "../log/mod.ts";
import type { LogEntry, ReadRange } from "../log/mod.ts";
import type { Connected } from "./consumption.ts";
import { isNarrow, readNarrow } from "./narrow-read.ts";
import { type HistoryItem, OrderedReader } from "./ordered-reader.ts";
import { isPassing } from "./patience.ts";

const reopenDelayMs = 50;
/** Messages of a part of the log that is read whole, whatever is wanted of it. */
const windowMax = 2_048;
/** Longest wait of a read for a server that is away; who follows waits for ever. */
const readPatienceMs = 600_000;

/**
 * Reads the messages that match, in order, up to `to` or to what was there at the start. Where the server goes away
 * in the middle it waits and goes on behind the last message given.
 */
export async function* read(to: Connected, filters: readonly string[], range: ReadRange): AsyncGenerator<LogEntry> {
  const few = await readFew(to, filters, range);
  if (few !== undefined) return yield* few;
  if (isQuickerWhole(filters, range)) return yield* matching(read(to, [], range), filters);
  let left: number | undefined;
  const isLast = ({ entry, pending }: HistoryItem): boolean => {
    left = (left ?? 0) - 1;
    return range.to === undefined ? left === 0 : entry.sequence >= range.to || pending === 0;
  };
  const isEmpty = (pendingAtStart: number): boolean => {
    left ??= pendingAtStart;
    return pendingAtStart === 0;
  };
  for await (const item of items(to, filters, { ...range, patienceMs: readPatienceMs }, isEmpty)) {
    if (item.entry.sequence > (range.to ?? Number.POSITIVE_INFINITY)) return;
    yield item.entry;
    if (isLast(item)) return;
  }
}

/**
 * Whether all messages come sooner than those that match. So it is in a short part of the log: before it delivers the
 * first message of a filter, a server counts all that match to the end of the stream. And so it is with several filters:
 * to find the next message of any takes a server milliseconds, each time, where it is more than a block of its file from
 * the end. Source: measured, docs/adr/0030-reads-of-a-long-log.md.
 */
function isQuickerWhole(filters: readonly string[], { from = 1, to }: ReadRange): boolean {
  return filters.length > 1 || (filters.length === 1 && to !== undefined && to - from < windowMax);
}

async function* matching(entries: AsyncIterable<LogEntry>, filters: readonly string[]): AsyncGenerator<LogEntry> {
  const matches = subjectMatcher(filters);
  for await (const entry of entries) if (matches(entry.subject)) yield entry;
}

/** What a narrow filter matches, where the caller knows about where that begins; undefined if it is to be read in order. */
async function readFew(
  to: Connected,
  [filter, ...others]: readonly string[],
  { from = 1, to: last = Number.POSITIVE_INFINITY, near, signal }: ReadRange,
): Promise<readonly LogEntry[] | undefined> {
  if (near === undefined || filter === undefined || others.length > 0 || !isNarrow(filter)) return undefined;
  if (signal?.aborted === true) return undefined;
  const entries = await readNarrow(to, filter, near).catch((error: unknown) => {
    if (!isPassing(error)) throw error;
  });
  return entries?.filter(({ sequence }) => sequence >= from && sequence <= last);
}

/** As `read`, and then everything new until the signal aborts. */
export async function* follow(
  to: Connected,
  filters: readonly string[],
  range: { readonly from?: number; readonly signal: AbortSignal },
): AsyncGenerator<LogEntry> {
  if (filters.length > 1) return yield* matching(follow(to, [], range), filters);
  for await (const { entry } of items(to, filters, { ...range, patienceMs: Number.POSITIVE_INFINITY }, () => false))
    yield entry;
}

/** All that matches, from one reader after another; `isEmpty` may end it where a reader begins. */
async function* items(
  to: Connected,
  filters: readonly string[],
  { from, signal, patienceMs }: Pick<ReadRange, "from" | "signal"> & { readonly patienceMs: number },
  isEmpty: (pendingAtStart: number) => boolean,
): AsyncGenerator<HistoryItem> {
  let next = from ?? 1;
  let progressMs = performance.now();
  const stopped = () => signal?.aborted === true;
  while (!stopped()) {
    const reader = await OrderedReader.open(to, filters, next).catch((error: unknown) => {
      if (!isPassing(error) || performance.now() - progressMs > patienceMs) throw error;
    });
    try {
      if (reader !== undefined && isEmpty(reader.pendingAtStart)) return;
      for (let item = await reader?.next(signal); item !== undefined; item = await reader?.next(signal)) {
        next = item.entry.sequence + 1;
        yield item;
        progressMs = performance.now();
      }
    } finally {
      await reader?.close();
    }
    if (!stopped()) await sleep(reopenDelayMs);
  }
}
