import { type Log, parseSubject, subjectsOf } from "millrace/log";
import { decodeEvent } from "millrace/journal";
import type { StartedRun } from "./await-starts.ts";

/** How a run ended. */
export interface EndedRun extends StartedRun {
  readonly state: "succeeded" | "failed" | "cancelled";
  /** Why, if it did not succeed. */
  readonly reason: string | null;
}

/** Waits until every run has ended once. @param from Sequence at or behind which ends count; a resumed run has older. */
export async function awaitEnds(log: Log, runs: readonly StartedRun[], from = 1): Promise<readonly EndedRun[]> {
  const subjects = subjectsOf(log.namespace);
  const ended = new Map<string, EndedRun>();
  const stop = new AbortController();
  const filters = runs.map(({ pipeline, run }) => subjects.outcome(pipeline, run));
  for await (const entry of log.follow(filters, { from, signal: stop.signal })) {
    const place = parseSubject(entry.subject);
    const end = endOf(entry.data);
    if (place.kind !== "outcome" || end === undefined) continue;
    ended.set(place.run, { run: place.run, pipeline: place.pipeline, ...end });
    if (ended.size === runs.length) break;
  }
  stop.abort();
  return runs.flatMap(({ run }) => ended.get(run) ?? []);
}

function endOf(data: Uint8Array): Pick<EndedRun, "state" | "reason"> | undefined {
  const body = decodeEvent(data)?.body;
  if (body?.$case === "runSucceeded") return { state: "succeeded", reason: null };
  if (body?.$case === "runFailed") return { state: "failed", reason: `${body.value.node}: ${body.value.message}` };
  if (body?.$case === "runCancelled") return { state: "cancelled", reason: body.value.reason };
  return undefined;
}
