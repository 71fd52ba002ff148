import type { ArtifactStore } from "millrace/artifacts";
import type { DatasetPublished } from "millrace/contracts/millrace/event/v1/event.ts";
import type { Artifact } from "millrace/contracts/millrace/metadata/v1/artifact.ts";
import type { Plans } from "millrace/driver";
import { decodeEvent, planOfVersion } from "millrace/journal";
import { appendEvent, newEventId, parseSubject } from "millrace/log";
import type { Delivery, Log, LogEntry, Subjects } from "millrace/log";
import { hexOf, Terminal, toMillraceError } from "millrace/model";
import type { Logger } from "pino";
import { parseDatasetEvent } from "./dataset-event.ts";
import { locateDataset } from "./locate-dataset.ts";
import { registrationsBelow } from "./registered-pipelines.ts";
import { goOnWithStart, startRun } from "./start-runs.ts";

export interface IngestContext {
  readonly log: Log;
  readonly subjects: Subjects;
  readonly store: ArtifactStore;
  readonly plans: Plans;
  /** Absolute directories that datasets may lie in. */
  readonly roots: readonly string[];
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  /** Finds the file that an event points to; a simulation has none. */
  readonly locate?: typeof locateDataset;
}

/** What is wrong with the event or its file; everything else is wrong with us, and is tried again. */
const refusals: ReadonlySet<string> = new Set([
  "not-json",
  "not-a-cloud-event",
  "missing-field",
  "bad-field",
  "unknown-type",
  "unknown-version",
  "unknown-dataset",
  "unknown-format",
  "bad-uri",
  "outside-roots",
  "missing-file",
  "not-a-file",
  "unreadable-file",
  "source-missing",
  "source-unreadable",
  "digest-mismatch",
  "conflict",
]);

/** Wait before a dataset event is tried again whose handling failed on the way, in milliseconds. */
const troubleDelayMs = 1_000;

/**
 * Handles one dataset event: the dataset becomes an artifact, and every pipeline registered on it below the event
 * starts a run; or the event is refused, for all to read. Acknowledged last.
 * Source: docs/protocol.md, Ingest.
 */
export async function handleDataset(context: IngestContext, delivery: Delivery): Promise<void> {
  const { entry } = delivery;
  const subject = parseSubject(entry.subject);
  if (subject.kind !== "dataset") return delivery.term("not a dataset's subject");
  try {
    await ingestOrRefuse(context, entry, subject.dataset);
    delivery.ack();
  } catch (thrown) {
    const error = toMillraceError(thrown);
    context.logger.error(
      { dataset: subject.dataset, sequence: entry.sequence, code: error.code, err: error },
      error.message,
    );
    delivery.nak(troubleDelayMs);
  }
}

async function ingestOrRefuse(context: IngestContext, entry: LogEntry, dataset: string): Promise<void> {
  if (await wasRefused(context, entry, dataset)) return;
  try {
    await ingest(context, entry, dataset);
  } catch (thrown) {
    const error = toMillraceError(thrown);
    if (!refusals.has(error.code)) throw error;
    await reject(context, entry, dataset, error.code, error.message);
  }
}

async function ingest(context: IngestContext, entry: LogEntry, dataset: string): Promise<void> {
  const { log, subjects, plans, logger } = context;
  const parsed = parseDatasetEvent(entry, dataset);
  if (parsed.kind === "refused") throw new Terminal(parsed.code, parsed.message);
  const { published } = parsed;
  const started = await Promise.all(
    (await registrationsBelow(log, subjects, entry.sequence)).map(async (registration) => ({
      registration,
      plan: await plans.load(planOfVersion(registration)),
    })),
  );
  const triggered = started.filter(({ plan }) => plan.trigger?.dataset === dataset);
  if (triggered.length === 0)
    throw unknownDataset(
      dataset,
      started.map(({ plan }) => plan.trigger?.dataset ?? ""),
    );
  const standing = await Promise.all(triggered.map(({ plan }) => goOnWithStart(log, subjects, plan, published)));
  const missing = triggered.filter((_, index) => standing[index] === undefined);
  if (missing.length === 0) return;
  const artifact = await importDataset(context, published);
  for (const { registration, plan } of missing) {
    const run = await startRun(log, subjects, {
      registration,
      plan,
      published,
      dataset: artifact,
      datasetSequence: entry.sequence,
    });
    logger.info({ pipeline: plan.pipeline, run, dataset, sequence: entry.sequence }, "started a run");
  }
}

function unknownDataset(dataset: string, known: readonly string[]): Terminal {
  const names = [...new Set(known)].sort();
  return new Terminal(
    "unknown-dataset",
    `Cannot start a run on dataset ${dataset}: no pipeline was registered on it before this event (${names.length === 0 ? "none is registered at all" : `registered: ${names.join(", ")}`}). Register one, then publish again`,
    { field: "dataset" },
  );
}

/** Copies the dataset into the store, so that a run can be reproduced whatever happens to the file. */
async function importDataset(
  { store, roots, locate = locateDataset }: IngestContext,
  published: DatasetPublished,
): Promise<Artifact> {
  const located = await locate(published, roots);
  const { span, version, digest } = published;
  return store.importFile(located.path, {
    type: "Dataset",
    name: `data.${located.format}`,
    ...(digest === "" ? {} : { sha256: hexOf(digest) }),
    properties: {
      format: located.format,
      name: located.name,
      ...(span === undefined ? {} : { span: String(span) }),
      ...(version === undefined ? {} : { version: String(version) }),
    },
  });
}

/** Publishes the refusal, once for each message. */
async function reject(
  { log, subjects, logger }: IngestContext,
  { sequence }: LogEntry,
  dataset: string,
  code: string,
  message: string,
): Promise<void> {
  logger.warn({ dataset, sequence, code }, message);
  const subject = subjects.rejected(dataset);
  if (await hasRefusal(log, subject, sequence)) return;
  const value = { sequence: BigInt(sequence), code, message };
  await appendEvent(log, subject, { id: newEventId(), body: { $case: "datasetRejected", value } }, {});
}

/** What was refused once stays refused, though its file may be there by now: a new event says so. */
async function wasRefused({ log, subjects }: IngestContext, { sequence }: LogEntry, dataset: string): Promise<boolean> {
  const subject = subjects.rejected(dataset);
  const last = await log.leaderLastOf(subject);
  return last !== undefined && last.sequence > sequence && hasRefusal(log, subject, sequence);
}

async function hasRefusal(log: Log, subject: string, sequence: number): Promise<boolean> {
  for await (const earlier of log.read([subject], { from: sequence })) if (refuses(earlier, sequence)) return true;
  return false;
}

function refuses(entry: LogEntry, sequence: number): boolean {
  const body = decodeEvent(entry.data)?.body;
  return body?.$case === "datasetRejected" && body.value.sequence === BigInt(sequence);
}
