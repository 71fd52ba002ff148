import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** Name that the directories of sockets begin with; nothing else is ever removed. */
const directoryPrefix = "millrace-";
const socketName = "executor";

/** Longest a directory may be that a socket's path starts with, in bytes: the path must be below 104 on macOS. */
const parentBytesMax = 70;

/** Makes a gRPC address on a Unix socket that only this user can reach. */
export function makeSocketAddress(): string {
  const parent = Buffer.byteLength(tmpdir()) <= parentBytesMax ? tmpdir() : "/tmp";
  return `unix:${join(mkdtempSync(join(parent, directoryPrefix)), socketName)}`;
}

/**
 * Removes what `makeSocketAddress` made: the socket, and its directory if nothing else is in it.
 * Any other address is left alone.
 */
export function removeSocketAddress(address: string): void {
  const path = address.replace(/^unix:/, "");
  const directory = dirname(path);
  if (basename(path) !== socketName || !basename(directory).startsWith(directoryPrefix)) return;
  rmSync(path, { force: true });
  try {
    rmdirSync(directory);
  } catch (error) {
    // Removed by the other of the two processes that know it, or not only ours.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTEMPTY") throw error;
  }
}
