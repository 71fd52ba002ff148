import type { ManifestEntry } from "../contracts/millrace/metadata/v1/artifact.ts";
import { toMillraceError } from "../model/mod.ts";
import { firstByteDifference } from "./byte-difference.ts";
import { compareBytewise } from "./manifest.ts";
import type { ArtifactStore } from "./store.ts";
import { valueDifference } from "./value-difference.ts";

/**
 * Where two artifacts differ first, in words: the file, and in it the statistic or value if the file holds such, and
 * the byte. Files are read in pieces, so that memory is bounded whatever their size; bytes that are gone are said to be.
 */
export async function firstDifference(store: ArtifactStore, was: string, is: string): Promise<string> {
  try {
    const [before, after] = [await filesOf(store, was), await filesOf(store, is)];
    const path = [...new Set([...before.files.keys(), ...after.files.keys()])]
      .sort(compareBytewise)
      .find((name) => before.files.get(name)?.sha256 !== after.files.get(name)?.sha256);
    if (path === undefined) return "the files are equal; only what is said of them differs";
    if (!before.files.has(path)) return `file ${path} was not there`;
    if (!after.files.has(path)) return `file ${path} is missing`;
    return `file ${path}: ${await fileDifference(`${before.place}/${path}`, `${after.place}/${path}`)}`;
  } catch (thrown) {
    const error = toMillraceError(thrown);
    if (error.code === "artifact-missing" || error.code === "digest-mismatch")
      return `cannot be told, since bytes are gone: ${error.message}`;
    throw error;
  }
}

async function filesOf(
  store: ArtifactStore,
  digest: string,
): Promise<{ readonly place: string; readonly files: ReadonlyMap<string, ManifestEntry> }> {
  const place = await store.open(digest);
  const { entries } = await store.manifest(digest);
  return { place, files: new Map(entries.map((entry) => [entry.path, entry])) };
}

async function fileDifference(was: string, is: string): Promise<string> {
  const byte = await firstByteDifference(was, is);
  const value = await valueDifference(was, is);
  return value === undefined ? byte : `${value} (${byte})`;
}
