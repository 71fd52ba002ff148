import type { ManifestEntry } from "../contracts/millrace/metadata/v1/artifact.ts";
import { toMillraceError } from "../model/mod.ts";
import { firstByteDifference } from "./byte-difference.ts";
import { compareBytewise } from "./manifest.ts";
import type { ArtifactStore } from "./store.ts";
import { valueDifference } from "./value-difference.ts";

/** What the store says of an artifact whose bytes are not there. */
const goneCodes: ReadonlySet<string> = new Set(["artifact-missing", "digest-mismatch"]);

/**
 * Where two artifacts differ first, in words: the file, and in it the statistic or value if the file holds such, and
 * the byte. Files are read in pieces, so that memory is bounded whatever their size; bytes that are gone are said to be.
 */
export async function firstDifference(store: ArtifactStore, was: string, is: string): Promise<string> {
  const [before, after] = [await filesOf(store, was), await filesOf(store, is)];
  if (before === undefined) return `cannot be told: the bytes of ${was} are gone from the store, or altered`;
  if (after === undefined) return `cannot be told: the bytes of ${is} are gone from the store, or altered`;
  const path = [...new Set([...before.files.keys(), ...after.files.keys()])]
    .sort(compareBytewise)
    .find((name) => before.files.get(name)?.sha256 !== after.files.get(name)?.sha256);
  if (path === undefined) return "the files are equal; only what is said of them differs";
  if (!before.files.has(path)) return `file ${path} was not there`;
  if (!after.files.has(path)) return `file ${path} is missing`;
  return `file ${path}: ${await fileDifference(`${before.place}/${path}`, `${after.place}/${path}`)}`;
}

/** An artifact's verified files; undefined if they are not what its digest is of. */
async function filesOf(
  store: ArtifactStore,
  digest: string,
): Promise<{ readonly place: string; readonly files: ReadonlyMap<string, ManifestEntry> } | undefined> {
  try {
    const place = await store.open(digest);
    const { entries } = await store.manifest(digest);
    return { place, files: new Map(entries.map((entry) => [entry.path, entry])) };
  } catch (thrown) {
    if (goneCodes.has(toMillraceError(thrown).code)) return undefined;
    throw thrown;
  }
}

async function fileDifference(was: string, is: string): Promise<string> {
  const byte = await firstByteDifference(was, is);
  const value = await valueDifference(was, is);
  return value === undefined ? byte : `${value} (${byte})`;
}
