import type { Msg } from "@nats-io/transport-node";
import { type LastEntries, type LogEntry, staleRead } from "../log/mod.ts";
import { directEntry, serversHeader } from "./message-entry.ts";
import type { Requests } from "./requests.ts";

const endCode = 204;
const nothingCode = 404;

/**
 * Reads the last messages of subjects by one `multi_last` direct get: a reply a message, then a 204 that says how far
 * the replica had read. An answer with a reply missing is no answer. Source: nats-server, ADR-31.
 */
export async function lastOf(requests: Requests, stream: string, subjects: readonly string[]): Promise<LastEntries> {
  const entries = new Map<string, LogEntry>();
  if (subjects.length === 0) return { entries, upTo: 0 };
  let announced: number | undefined;
  let upTo: number | undefined;
  await requests.many(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify({ multi_last: subjects }), (reply) => {
    const entry = directEntry(reply);
    if (entry !== undefined) {
      announced ??= 1 + numberIn(reply, "Nats-Num-Pending");
      entries.set(entry.subject, entry);
      return false;
    }
    const code = reply.headers?.code ?? 0;
    if (code !== endCode && code !== nothingCode)
      throw staleRead(subjects.length, `${code} ${reply.headers?.description ?? ""}`.trim());
    upTo = code === nothingCode ? 0 : numberIn(reply, "Nats-UpTo-Sequence");
    return true;
  });
  if (upTo === undefined || entries.size !== (announced ?? 0))
    throw staleRead(subjects.length, `with ${entries.size} of ${announced ?? 0} messages`);
  return { entries, upTo };
}

function numberIn(message: Msg, header: string): number {
  return Number(serversHeader(message, header));
}
