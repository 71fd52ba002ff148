import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { DatasetPublished } from "millrace/contracts/millrace/event/v1/event.ts";
import { datasetEventType } from "millrace/model";
import { WrongUse } from "../wrong-use.ts";

/** What a publisher may say of a dataset, as given on the command line. */
export interface DatasetOptions {
  readonly format?: string;
  readonly digest?: string;
  readonly span?: string;
  readonly version?: string;
  readonly id?: string;
  readonly source?: string;
  /** `false` for --no-cache. */
  readonly cache?: boolean;
}

/**
 * A dataset event for what the command line says.
 * @param directory What a relative path is relative to.
 */
export function datasetEventOf(
  dataset: string,
  path: string,
  options: DatasetOptions,
  directory: string,
): DatasetPublished {
  return {
    dataset,
    source: options.source ?? "millrace-cli",
    sourceEventId: options.id ?? randomUUID(),
    uri: /^[a-z][a-z0-9+.-]+:/i.test(path) ? path : pathToFileURL(resolve(directory, path)).href,
    format: options.format ?? "",
    digest: options.digest ?? "",
    span: countOf("--span", options.span),
    version: countOf("--version", options.version),
    time: new Date().toISOString(),
    noCache: options.cache === false,
  };
}

/** The event as a structured JSON CloudEvent: what any NATS client can write. */
export function cloudEventOf(event: DatasetPublished): string {
  const { uri, format, digest, span, version, noCache } = event;
  return JSON.stringify({
    specversion: "1.0",
    id: event.sourceEventId,
    source: event.source,
    type: datasetEventType,
    time: event.time,
    data: {
      uri,
      ...(format === "" ? {} : { format }),
      ...(digest === "" ? {} : { digest }),
      ...(span === undefined ? {} : { span: Number(span) }),
      ...(version === undefined ? {} : { version: Number(version) }),
      ...(noCache ? { noCache } : {}),
    },
  });
}

function countOf(option: string, text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return BigInt(text);
  throw new WrongUse(`Cannot read ${option} ${text}: it must be a whole number`);
}
