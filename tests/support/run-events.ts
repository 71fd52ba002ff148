import type { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import { connectLog } from "millrace/jetstream";
import { decodeEvent } from "millrace/journal";
import { type LogEntry, parseSubject } from "millrace/log";

type Body = NonNullable<Event["body"]>;

/** A message of a run. */
export interface RunEvent {
  readonly sequence: number;
  /** The server's time, Unix epoch milliseconds. */
  readonly timeMs: number;
  readonly node: string;
  /** For example `claimed`. */
  readonly type: Body["$case"];
  readonly body: Body;
}

/** Longest a run may take to come to what a test waits for, in milliseconds. */
const patienceMs = 120_000;

/**
 * The messages of a run from its start to the first for which `isLast` holds.
 * @throws {Error} it did not come; with what came.
 */
export async function eventsUntil(
  natsUrl: string,
  run: string,
  isLast: (event: RunEvent) => boolean,
): Promise<readonly RunEvent[]> {
  await using log = await connectLog({ url: natsUrl, name: "test" });
  const seen: RunEvent[] = [];
  for await (const entry of log.follow([messagesOf(run)], { signal: AbortSignal.timeout(patienceMs) })) {
    const event = toEvent(entry);
    if (event === undefined) continue;
    seen.push(event);
    if (isLast(event)) return seen;
  }
  throw new Error(`run ${run} did not come to it: ${seen.map(({ node, type }) => `${node} ${type}`).join(", ")}`);
}

/** All messages that a run has now, also those behind its outcome. */
export async function eventsNow(natsUrl: string, run: string): Promise<readonly RunEvent[]> {
  await using log = await connectLog({ url: natsUrl, name: "test" });
  const seen: RunEvent[] = [];
  for await (const entry of log.read([messagesOf(run)])) {
    const event = toEvent(entry);
    if (event !== undefined) seen.push(event);
  }
  return seen;
}

function messagesOf(run: string): string {
  return `mr.run.*.${run}.>`;
}

function toEvent(entry: LogEntry): RunEvent | undefined {
  const body = decodeEvent(entry.data)?.body;
  const subject = parseSubject(entry.subject);
  const node = "node" in subject ? subject.node : "_";
  return body && { sequence: entry.sequence, timeMs: entry.timeMs, node, type: body.$case, body };
}

/** A run's messages to its outcome. */
export function wholeRun(natsUrl: string, run: string): Promise<readonly RunEvent[]> {
  return eventsUntil(natsUrl, run, ({ type }) => ["runSucceeded", "runFailed", "runCancelled"].includes(type));
}

/** How often each node has a message of a type. */
export function countByNode(events: readonly RunEvent[], type: RunEvent["type"]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const event of events) if (event.type === type) counts[event.node] = (counts[event.node] ?? 0) + 1;
  return counts;
}
