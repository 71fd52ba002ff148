import type { DatasetPublished } from "millrace/contracts/millrace/event/v1/event.ts";
import type { ArtifactStore } from "millrace/artifacts";
import { decodeEvent } from "millrace/journal";
import { type Log, type LogEntry, subjectsOf } from "millrace/log";
import { datasetEventDigest, Retryable, runIdOf } from "millrace/model";
import { readRegisteredPlans } from "../read/registered-plans.ts";

/** What became of a dataset event. */
export type Started =
  | { readonly kind: "started"; readonly runs: readonly StartedRun[] }
  | { readonly kind: "rejected"; readonly code: string; readonly message: string };

export interface StartedRun {
  readonly run: string;
  readonly pipeline: string;
}

/** Longest wait for ingest, which copies the dataset first, in milliseconds. */
const startTimeoutMs = 600_000;

/**
 * Waits until ingest has started every run of a dataset event, or refused it.
 * @param sequence The event's message.
 * @throws {Retryable} `ingest-silent`.
 */
export async function awaitStarts(
  log: Log,
  store: ArtifactStore,
  event: DatasetPublished,
  sequence: number,
): Promise<Started> {
  const subjects = subjectsOf(log.namespace);
  const runs = await expectedRuns(log, store, event, sequence);
  const rejected = subjects.rejected(event.dataset);
  const awaited = new Set(runs.map(({ pipeline, run }) => subjects.started(pipeline, run)));
  for (const subject of awaited) {
    const earlier = await log.leaderLastOf(subject);
    if (earlier !== undefined && startedBySame(earlier, event)) awaited.delete(subject);
  }
  if (runs.length > 0 && awaited.size === 0) return { kind: "started", runs };
  const signal = AbortSignal.timeout(startTimeoutMs);
  for await (const entry of log.follow([rejected, ...awaited], { from: sequence + 1, signal })) {
    const refusal = entry.subject === rejected ? refusalOf(entry, sequence) : undefined;
    if (refusal !== undefined) return { kind: "rejected", code: refusal.code, message: refusal.message };
    awaited.delete(entry.subject);
    if (runs.length > 0 && awaited.size === 0) return { kind: "started", runs };
  }
  throw new Retryable(
    "ingest-silent",
    `Cannot tell which runs message ${sequence} starts: ingest did not answer within ${startTimeoutMs / 1000} s`,
  );
}

/** The runs that the pipelines registered below the event's message start. */
async function expectedRuns(
  log: Log,
  store: ArtifactStore,
  event: DatasetPublished,
  sequence: number,
): Promise<StartedRun[]> {
  const registered = await readRegisteredPlans(log, store, sequence - 1);
  return registered
    .filter(({ plan }) => plan.trigger?.dataset === event.dataset)
    .map(({ pipeline }) => ({ run: runIdOf(pipeline, event), pipeline }));
}

/** Whether an earlier message with this event's id started the run with the same content; else ingest refuses it. */
function startedBySame(entry: LogEntry, event: DatasetPublished): boolean {
  const body = decodeEvent(entry.data)?.body;
  return body?.$case === "runStarted" && body.value.datasetEventDigest === datasetEventDigest(event);
}

function refusalOf(entry: LogEntry, sequence: number): { code: string; message: string } | undefined {
  const body = decodeEvent(entry.data)?.body;
  return body?.$case === "datasetRejected" && body.value.sequence === BigInt(sequence) ? body.value : undefined;
}
