import * as v from "valibot";
import type { DatasetPublished } from "millrace/contracts/millrace/event/v1/event.ts";
import { decodeEvent } from "millrace/journal";
import type { LogEntry } from "millrace/log";
import { datasetEventType, isDigest } from "millrace/model";

/** A dataset event as it was published, or why it is refused. */
export type ParsedDatasetEvent =
  | { readonly kind: "published"; readonly published: DatasetPublished }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

const datasetEventFamily = "millrace.dataset.published.";

const formats = ["csv", "tfrecord", "parquet"] as const;

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const count = v.pipe(
  v.number(),
  v.integer("must be a whole number"),
  v.minValue(0, "must not be negative"),
  v.maxValue(2 ** 53 - 1),
);

const cloudEvent = v.object({
  specversion: v.literal("1.0", 'must be "1.0"'),
  id: text,
  source: text,
  type: text,
  time: v.optional(v.string(), ""),
  data: v.object({
    uri: text,
    format: v.optional(v.picklist(formats, `must be one of ${formats.join(", ")}`)),
    digest: v.optional(v.pipe(v.string(), v.check(isDigest, 'must be "sha256:" and 64 hex digits'))),
    span: v.optional(count),
    version: v.optional(count),
    noCache: v.optional(v.boolean("must be true or false"), false),
  }),
});

/**
 * Parses what someone published on a dataset's subject: a structured JSON CloudEvent, with or without its
 * Content-Type, or a protobuf Event holding DatasetPublished.
 * Source: CloudEvents 1.0 NATS binding, structured mode; docs/protocol.md, Ingest.
 */
export function parseDatasetEvent(entry: LogEntry, dataset: string): ParsedDatasetEvent {
  const declared = entry.headers.get("Content-Type") ?? entry.headers.get("content-type") ?? "";
  if (declared.startsWith("application/cloudevents") || looksLikeJson(entry.data)) return fromJson(entry.data, dataset);
  const body = decodeEvent(entry.data)?.body;
  if (body?.$case !== "datasetPublished")
    return refuse(
      "not-json",
      "the message must be a JSON CloudEvent or a protobuf Event with dataset_published, and is neither",
    );
  return fromProtobuf(body.value, dataset);
}

function looksLikeJson(data: Uint8Array): boolean {
  const first = data.find((byte) => byte > 0x20);
  return first === "{".charCodeAt(0) || first === "[".charCodeAt(0) || first === '"'.charCodeAt(0);
}

function fromJson(data: Uint8Array, dataset: string): ParsedDatasetEvent {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch (error) {
    return refuse(
      "not-json",
      `the message must be a JSON CloudEvent: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    return refuse(
      "not-a-cloud-event",
      `the message must be a JSON object, and is ${Array.isArray(json) ? "a list" : typeof json}`,
    );
  const parsed = v.safeParse(cloudEvent, json);
  if (!parsed.success) return refuseIssue(parsed.issues[0]);
  const { id, source, type, time, data: given } = parsed.output;
  if (type !== datasetEventType) return refuseType(type);
  return {
    kind: "published",
    published: {
      dataset,
      source,
      sourceEventId: id,
      uri: given.uri,
      format: given.format ?? "",
      digest: given.digest ?? "",
      span: given.span === undefined ? undefined : BigInt(given.span),
      version: given.version === undefined ? undefined : BigInt(given.version),
      time,
      noCache: given.noCache,
    },
  };
}

function fromProtobuf(published: DatasetPublished, dataset: string): ParsedDatasetEvent {
  for (const [field, value] of [
    ["source", published.source],
    ["source_event_id", published.sourceEventId],
    ["uri", published.uri],
  ] as const)
    if (value === "") return refuse("missing-field", `field ${field} must be there and is empty`);
  if (published.format !== "" && !formats.some((format) => format === published.format))
    return refuse(
      "bad-field",
      `field format must be one of ${formats.join(", ")}: it is ${JSON.stringify(published.format)}`,
    );
  if (published.digest !== "" && !isDigest(published.digest))
    return refuse(
      "bad-field",
      `field digest must be "sha256:" and 64 hex digits: it is ${JSON.stringify(published.digest)}`,
    );
  if (published.dataset !== "" && published.dataset !== dataset)
    return refuse(
      "bad-field",
      `field dataset must be the subject's ${dataset}: it is ${JSON.stringify(published.dataset)}`,
    );
  return { kind: "published", published: { ...published, dataset } };
}

function refuseType(type: string): ParsedDatasetEvent {
  return type.startsWith(datasetEventFamily)
    ? refuse("unknown-version", `field type must be ${datasetEventType}: this version does not know ${type}`)
    : refuse("unknown-type", `field type must be ${datasetEventType}: it is ${type}`);
}

function refuseIssue(issue: v.BaseIssue<unknown>): ParsedDatasetEvent {
  const field = v.getDotPath(issue) ?? "";
  const missing = issue.received === "undefined";
  return missing
    ? refuse("missing-field", `field ${field} must be there and is missing`)
    : refuse("bad-field", `field ${field} ${reason(issue)}: it is ${issue.received}`);
}

function reason(issue: v.BaseIssue<unknown>): string {
  return issue.message.startsWith("must") ? issue.message : `must be ${issue.expected ?? "valid"}`;
}

function refuse(code: string, message: string): ParsedDatasetEvent {
  return { kind: "refused", code, message: `Cannot take the dataset event: ${message}` };
}
