import type { LogEntry } from "../log/mod.ts";
import type { Connected } from "./consumption.ts";
import { directEntry } from "./message-entry.ts";
import { streamInfo } from "./stream-info.ts";

/** Most messages that are read so: a run has some dozens. */
const narrowMax = 512;

const endCode = 204;

/**
 * Whether a filter is of few subjects that lie together: one subject, or all below one. A filter with wildcards in its
 * middle matches subjects of the whole stream, and to count them costs more than it saves.
 */
export function isNarrow(filter: string): boolean {
  return !filter.includes("*") && filter !== ">";
}

/**
 * Reads few messages without a consumer, which the server takes tens of milliseconds to make in a long stream: the
 * leader says how many there are, and one batched direct get that starts near them brings just as many. It is told
 * how many, so that the server does not search the rest of the stream for more.
 *
 * @param near Where the first of them is, or shortly before.
 * @returns all messages of the filter; undefined if it brought fewer than there are (some lie before `near`, or a
 * replica lags) or there are too many: read them in another way then.
 * Source: nats-server, ADR-31.
 */
export async function readNarrow(
  { requests, stream }: Connected,
  filter: string,
  near: number,
): Promise<readonly LogEntry[] | undefined> {
  const { state, total } = await streamInfo(requests, stream, filter);
  const counts = Object.values(state.subjects ?? {});
  const count = counts.reduce((sum, messages) => sum + messages, 0);
  if (count === 0) return [];
  if (count > narrowMax || counts.length !== total) return undefined;
  const entries: LogEntry[] = [];
  const request = JSON.stringify({ next_by_subj: filter, seq: near, batch: count });
  await requests.many(`$JS.API.DIRECT.GET.${stream}`, request, (reply) => {
    const entry = directEntry(reply);
    if (entry !== undefined) entries.push(entry);
    return entry === undefined || (reply.headers?.code ?? 0) === endCode;
  });
  return entries.length === count ? entries : undefined;
}
