import { createHash } from "node:crypto";
import type { DatasetPublished } from "../contracts/millrace/event/v1/event.ts";
import { canonicalJson } from "./canonical-json.ts";
import { type Digest, digestOf } from "./digest.ts";

/** The CloudEvents type of a dataset event. */
export const datasetEventType = "millrace.dataset.published.v1";

/**
 * Id of the run that a dataset event starts of a pipeline: the first 128 bits of sha256 over pipeline, source and event
 * id, so that one event starts a pipeline once. Source: docs/protocol.md, Ingest.
 */
export function runIdOf(
  pipeline: string,
  { source, sourceEventId }: Pick<DatasetPublished, "source" | "sourceEventId">,
): string {
  return createHash("sha256")
    .update(canonicalJson([pipeline, source, sourceEventId]))
    .digest("hex")
    .slice(0, 32);
}

/**
 * Digest of a dataset event's content, without its time: what must be the same if the same id comes again. Fields that
 * came later count only where they are set, so that events of earlier versions keep their digests.
 */
export function datasetEventDigest(event: DatasetPublished): Digest {
  const { dataset, source, sourceEventId, uri, format, digest, span, version, noCache } = event;
  const content = { dataset, source, sourceEventId, uri, format, digest, span, version };
  return digestOf(canonicalJson(noCache ? { ...content, noCache } : content));
}
