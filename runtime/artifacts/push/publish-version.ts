import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileSha256 } from "../file-digest.ts";
import { Terminal } from "../../model/mod.ts";
import { copyFiles, flush, listFiles } from "./copy-files.ts";
import { withWriteErrors } from "./write-error.ts";

/** A version that servers can load now. */
export interface PublishedVersion {
  readonly directory: string;
  /** An earlier attempt had already put it there. */
  readonly adopted: boolean;
}

/** What a rename says if the version directory is there already and not empty. */
const occupied = new Set(["ENOTEMPTY", "EEXIST"]);

/**
 * Puts a model's files into the version's directory, all at once: they are copied to a hidden sibling, flushed and
 * renamed, so a server that polls sees the whole version or none. Doing it again changes nothing.
 *
 * @param destination Directory of the model, for example `<push root>/serving/penguins`; exists.
 * @param version Name of the version's directory, digits.
 * @throws {Terminal} `version-conflict`: the version is there with other files; `destination-not-writable`.
 * @throws {Retryable} `destination-unavailable`.
 */
export function publishVersion(source: string, destination: string, version: string): Promise<PublishedVersion> {
  const directory = join(destination, version);
  return withWriteErrors(destination, async () => {
    await removeLeftovers(destination, version);
    const adopted = existsSync(directory) || !(await copyAndRename(source, destination, version));
    if (adopted) await assertSameFiles(source, directory);
    return { directory, adopted };
  });
}

/** @returns False if another attempt was faster. */
async function copyAndRename(source: string, destination: string, version: string): Promise<boolean> {
  const incoming = join(destination, `${incomingPrefix(version)}${randomUUID()}`);
  try {
    await mkdir(incoming);
    await copyFiles(source, incoming);
    await rename(incoming, join(destination, version));
    await flush(destination);
    return true;
  } catch (error) {
    await rm(incoming, { recursive: true, force: true });
    if (occupied.has((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

/** Hidden, so that servers don't take it for a version. */
function incomingPrefix(version: string): string {
  return `.incoming-${version}-`;
}

/**
 * Removes what attempts that crashed have left. Such a directory is renamed before it is emptied: an attempt that is
 * still writing it then fails, and can't publish it half emptied.
 */
async function removeLeftovers(destination: string, version: string): Promise<void> {
  const leftovers = (await readdir(destination)).filter((name) => name.startsWith(incomingPrefix(version)));
  for (const name of leftovers) {
    const doomed = join(destination, `.removed-${randomUUID()}`);
    await rename(join(destination, name), doomed).catch(ignoreMissing);
    await rm(doomed, { recursive: true, force: true });
  }
}

/** Another attempt has removed or published it meanwhile. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

async function assertSameFiles(source: string, directory: string): Promise<void> {
  const [wanted, present] = [await contentOf(source), await contentOf(directory)];
  const different = [...new Set([...wanted.keys(), ...present.keys()])].find((p) => wanted.get(p) !== present.get(p));
  if (different === undefined) return;
  throw new Terminal(
    "version-conflict",
    `Cannot push to ${directory} as the version must be new or hold the same files: ${different} differs; ` +
      "remove the directory if no server needs it",
    { file: join(directory, different) },
  );
}

/** sha256 of each file by path. */
async function contentOf(directory: string): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  for (const path of await listFiles(directory)) {
    const place = join(directory, path);
    content.set(path, await fileSha256(place, (await stat(place)).size));
  }
  return content;
}
