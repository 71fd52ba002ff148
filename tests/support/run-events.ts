import type { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import { connectLog } from "millrace/jetstream";
import { decodeEvent } from "millrace/journal";
import { parseSubject } from "millrace/log";

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
async function eventsUntil(
  natsUrl: string,
  run: string,
  isLast: (event: RunEvent) => boolean,
): Promise<readonly RunEvent[]> {
  await using log = await connectLog({ url: natsUrl, name: "test" });
  const signal = AbortSignal.timeout(patienceMs);
  const seen: RunEvent[] = [];
  for await (const entry of log.follow([`mr.run.*.${run}.>`], { signal })) {
    const event = decodeEvent(entry.data);
    const subject = parseSubject(entry.subject);
    if (event?.body === undefined) continue;
    const node = "node" in subject ? subject.node : "_";
    seen.push({ sequence: entry.sequence, timeMs: entry.timeMs, node, type: event.body.$case, body: event.body });
    if (isLast(seen.at(-1) as RunEvent)) return seen;
  }
  throw new Error(`run ${run} did not come to it: ${seen.map(({ node, type }) => `${node} ${type}`).join(", ")}`);
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
