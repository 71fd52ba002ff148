import { constants } from "node:fs";
import { copyFile, mkdir, open, readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/** Paths of the files below a directory, sorted. */
export async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

/** Copies all files below a directory and waits until they and their directories are on the disk. */
export async function copyFiles(source: string, target: string): Promise<void> {
  const directories = new Set([target]);
  for (const path of await listFiles(source)) {
    const place = join(target, path);
    await mkdir(dirname(place), { recursive: true });
    await copyFile(join(source, path), place, constants.COPYFILE_EXCL);
    await flush(place);
    for (let parent = dirname(place); parent !== target; parent = dirname(parent)) directories.add(parent);
  }
  for (const directory of directories) await flush(directory);
}

/** Waits until a file or a directory's entries are on the disk. */
export async function flush(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}
