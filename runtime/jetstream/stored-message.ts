import type { LogEntry } from "../log/mod.ts";
import { apiFailure, callApi, errorCodes } from "./api.ts";
import { expectedBy, parseTime } from "./message-entry.ts";
import type { Requests } from "./requests.ts";

interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  readonly time: string;
  /** Base64; absent if empty. */
  readonly hdrs?: string;
  /** Base64; absent if empty. */
  readonly data?: string;
}

/** A message from the leader of the stream, by sequence or as the last of a subject; undefined if there is none. */
export async function leaderMessage(
  requests: Requests,
  stream: string,
  which: { readonly seq: number } | { readonly last_by_subj: string },
): Promise<LogEntry | undefined> {
  const answer = await callApi<{ readonly message: StoredMessage }>(requests, `STREAM.MSG.GET.${stream}`, which);
  if (answer.error === undefined) return entryOf(answer.message);
  if (answer.error.err_code === errorCodes.noMessageFound) return undefined;
  throw apiFailure(`read ${JSON.stringify(which)} of stream ${stream}`, answer.error);
}

function entryOf({ subject, seq, time, hdrs, data }: StoredMessage): LogEntry {
  const stored = storedHeaders(Buffer.from(hdrs ?? "", "base64").toString());
  return {
    sequence: seq,
    subject,
    timeMs: parseTime(time),
    headers: writersHeaders(stored),
    data: Uint8Array.from(Buffer.from(data ?? "", "base64")),
    expected: expectedBy((wanted) => stored.flatMap(([name, value]) => (name === wanted ? [value] : []))),
  };
}

/** Parses `NATS/1.0` and a `Name: value` a line. */
function storedHeaders(text: string): readonly (readonly [name: string, value: string])[] {
  const lines = text.split("\r\n").slice(1);
  return lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1).trim()] as const] : [];
  });
}

/** What the writer said: the first value of a name counts, `Nats-*` is left out. */
function writersHeaders(stored: ReturnType<typeof storedHeaders>): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of stored) if (!name.startsWith("Nats-") && !headers.has(name)) headers.set(name, value);
  return headers;
}
