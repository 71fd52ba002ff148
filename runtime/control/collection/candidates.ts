import type { StoredArtifact, StoreKeeper } from "./store-keeper.ts";
import type { Survey } from "./survey.ts";

/** An artifact that nobody needs. */
export interface Garbage {
  readonly digest: string;
  readonly type: string;
  readonly bytes: number;
  /** Pipelines that refer to it; none for what no event names. */
  readonly pipelines: readonly string[];
  /** The first run that refers to it, or null. */
  readonly run: string | null;
}

/** What a store holds, seen with a survey of the log. */
export interface Found {
  readonly garbage: readonly Garbage[];
  readonly kept: { readonly artifacts: number; readonly bytes: number };
  /** Digests that are collected by their chains, and yet kept and there: made again, or brought back by a reader. */
  readonly returned: readonly string[];
}

/** How long nobody must have touched what no event names: it may be on its way into the log. */
const unnamedMs = 3_600_000;

export interface Selection {
  /** Only what no other pipeline refers to. */
  readonly pipeline: string | undefined;
  /** The store's clock, Unix epoch milliseconds. */
  readonly nowMs: number;
}

/** Finds what of a store nobody needs. */
export async function findGarbage(keeper: StoreKeeper, survey: Survey, selection: Selection): Promise<Found> {
  const garbage: Garbage[] = [];
  const returned: string[] = [];
  const kept = { artifacts: 0, bytes: 0 };
  for await (const stored of keeper.stored()) {
    const { digest, whole } = stored;
    const bytes = async () => survey.known.get(digest)?.bytes ?? (await keeper.bytesOf(digest));
    if (isGarbage(stored, survey, selection)) {
      garbage.push(garbageOf(digest, await bytes(), survey));
      continue;
    }
    kept.artifacts += 1;
    kept.bytes += await bytes();
    if (whole && survey.collected.has(digest) && survey.kept.has(digest)) returned.push(digest);
  }
  garbage.sort((a, b) => b.bytes - a.bytes || (a.digest < b.digest ? -1 : 1));
  return { garbage, kept, returned };
}

function isGarbage(stored: StoredArtifact, survey: Survey, { pipeline, nowMs }: Selection): boolean {
  const { digest, whole, changedMs } = stored;
  if (survey.kept.has(digest)) return false;
  const known = survey.known.get(digest);
  const untouched = nowMs - changedMs >= unnamedMs;
  // Torn or unnamed: perhaps a commit under way, perhaps one whose event comes in a moment.
  if (!whole && !untouched) return false;
  if (known === undefined) return pipeline === undefined && survey.complete && untouched;
  return pipeline === undefined || [...known.pipelines].every((name) => name === pipeline);
}

function garbageOf(digest: string, bytes: number, { known }: Survey): Garbage {
  const { type = "", pipelines = [], run = null } = known.get(digest) ?? {};
  return { digest, type, bytes, pipelines: [...pipelines].sort(), run: run ?? null };
}
