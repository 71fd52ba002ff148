import { constants } from "node:fs";
import { copyFile, stat } from "node:fs/promises";
import { Terminal } from "../model/mod.ts";
import { fileSha256 } from "./file-digest.ts";

/**
 * Copies a file from outside into a staging directory, sharing its blocks where the file system can.
 * What is checked is the copy: the outside file may change meanwhile, the copy can't.
 *
 * @param sha256 What the content must have, 64 hex digits; unchecked without it.
 * @throws {Terminal} `source-missing`, `source-unreadable`, `digest-mismatch`.
 */
export async function copyIntoStaging(source: string, target: string, sha256?: string): Promise<void> {
  await assertReadableFile(source);
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EACCES" ? unreadable(source, "it may not be read", error) : error;
  }
  if (sha256 === undefined) return;
  const actual = await fileSha256(target, (await stat(target)).size);
  if (actual !== sha256.toLowerCase()) {
    const message = `Cannot take ${source} as its sha256 must be ${sha256}: it is ${actual}. Publish the file's own digest, or the file that it is of`;
    throw new Terminal("digest-mismatch", message, { file: source, field: "digest" });
  }
}

async function assertReadableFile(source: string): Promise<void> {
  try {
    if (!(await stat(source)).isFile()) throw unreadable(source, "it must be a file: it is a directory or a device");
  } catch (error) {
    if (error instanceof Terminal) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw unreadable(source, `${code}`, error);
    const message = `Cannot take ${source} as it must be a file on this machine: there is none`;
    throw new Terminal("source-missing", message, { file: source, cause: error });
  }
}

function unreadable(source: string, why: string, cause?: unknown): Terminal {
  return new Terminal("source-unreadable", `Cannot take ${source}: ${why}`, { file: source, cause });
}
