import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { commitFile } from "millrace/training";

/** How far below the base a model may be. */
const depthMax = 4;

/** Most directories looked at in one pass. */
const directoriesMax = 10_000;

/** A version that is whole: its commit file is there. */
export interface FoundVersion {
  readonly model: string;
  readonly version: string;
  readonly directory: string;
  /** Changes when the version is written anew. */
  readonly stamp: string;
}

/**
 * Finds whole versions below a directory: `…/<model>/<version>/model.json`, the version a number. The model's name is
 * its directory's; of two directories of one name the first by path counts. Hidden directories, where pushers write
 * what isn't finished, are passed over.
 * @returns The versions of each model, newest (highest) first. None if the base isn't there yet.
 */
export async function findVersions(base: string): Promise<ReadonlyMap<string, readonly FoundVersion[]>> {
  const found = new Map<string, readonly FoundVersion[]>();
  const waiting: { readonly path: string; readonly depth: number }[] = [{ path: base, depth: 0 }];
  for (let looked = 0; waiting.length > 0 && looked < directoriesMax; looked++) {
    const { path, depth } = waiting.shift()!;
    const names = await directoryNames(path);
    const versions = await versionsIn(path, names.filter(isVersion));
    const [model] = versions;
    if (model !== undefined && !found.has(model.model)) found.set(model.model, versions);
    if (depth === depthMax) continue;
    const deeper = names.filter((name) => !isVersion(name)).sort();
    waiting.push(...deeper.map((name) => ({ path: join(path, name), depth: depth + 1 })));
  }
  return found;
}

async function versionsIn(modelDirectory: string, names: readonly string[]): Promise<FoundVersion[]> {
  const model = modelDirectory.slice(modelDirectory.lastIndexOf("/") + 1);
  const newestFirst = names.toSorted((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1));
  const versions = await Promise.all(
    newestFirst.map(async (version) => {
      const directory = join(modelDirectory, version);
      const stamp = await stampOf(join(directory, commitFile));
      return stamp === undefined ? [] : [{ model, version, directory, stamp }];
    }),
  );
  return versions.flat();
}

/** A version is written as Pusher numbers it: without leading zeros, so that each number has one text. */
function isVersion(name: string): boolean {
  return /^(?:0|[1-9]\d{0,18})$/.test(name);
}

async function stampOf(file: string): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found === undefined ? undefined : `${found.ino}:${found.size}:${found.mtimeNs}`;
}

async function directoryNames(path: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
}
