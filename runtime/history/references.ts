import { type ArtifactStore, planReader } from "../artifacts/mod.ts";
import type { Event } from "../contracts/millrace/event/v1/event.ts";
import { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { isDigest } from "../model/mod.ts";

/** An artifact that an event refers to. */
export interface Reference {
  readonly digest: string;
  /** Artifact type; `Plan` and `Code` for what plans are and name. */
  readonly type: string;
}

/**
 * The artifacts that an event refers to: what was read and written, datasets, models, plans too large for an event, and
 * the bundles that plans name. Found by their form, so that the fields of later events are not forgotten here.
 */
export function referencesOf(event: Event): readonly Reference[] {
  const found: Reference[] = [];
  collect(event.body?.value, found);
  return found;
}

/**
 * The bundles that a plan in an artifact names: the log does not say them, where the plan was too large for an event,
 * is a fork's, or came with a run alone. None if it cannot be read.
 */
export async function bundlesOfPlan(store: ArtifactStore, digest: string): Promise<readonly Reference[]> {
  if (!(await store.has(digest))) return [];
  const found: Reference[] = [];
  collect(Plan.decode(await planReader(store)(digest)), found);
  return found;
}

function collect(value: unknown, found: Reference[]): void {
  if (Array.isArray(value)) {
    for (const member of value) collect(member, found);
    return;
  }
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  const fields = value as Readonly<Record<string, unknown>>;
  const reference = referenceIn(fields);
  if (reference) found.push(reference);
  for (const member of Object.values(fields)) collect(member, found);
}

function referenceIn(fields: Readonly<Record<string, unknown>>): Reference | undefined {
  if ("digest" in fields && "files" in fields && "properties" in fields)
    return referenceTo(fields["digest"], String(fields["type"]));
  if ("digest" in fields && "exportName" in fields) return referenceTo(fields["digest"], "Code");
  return referenceTo(fields["planArtifactDigest"] ?? fields["artifactDigest"], "Plan");
}

function referenceTo(digest: unknown, type: string): Reference | undefined {
  return typeof digest === "string" && isDigest(digest) ? { digest, type } : undefined;
}
