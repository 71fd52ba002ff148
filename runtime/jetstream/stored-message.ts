import type { LogEntry } from "../log/mod.ts";
import { apiFailure, callApi, errorCodes } from "./api.ts";
import { expectedBy } from "./expectation.ts";
import { parseTime } from "./message-entry.ts";
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
  const text = Buffer.from(hdrs ?? "", "base64").toString();
  return {
    sequence: seq,
    subject,
    timeMs: parseTime(time),
    headers: writersHeaders(text),
    data: Uint8Array.from(Buffer.from(data ?? "", "base64")),
    expected: expectedBy(text),
  };
}

/** Parses `NATS/1.0` and a `Name: value` a line; the first value of a name counts, `Nats-*` is left out. */
function writersHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    if (colon > 0 && !name.startsWith("Nats-") && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}
