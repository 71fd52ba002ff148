import { statfsSync } from "node:fs";
import { MillraceError, Retryable, Terminal, toMillraceError } from "../model/mod.ts";

/** File-system errors that only someone with rights on the machine can mend. */
const unwritable = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR"]);

/** Errors of a disk without space, or of a user without quota. */
const spaceless = new Set(["ENOSPC", "EDQUOT"]);

/**
 * Converts what a file-system call threw into an error that names the directory and the mend.
 * @param action What was attempted, for example "write artifacts in /data/store".
 * @param space Where there is too little of it if the disk is full, and how much was wanted.
 * @returns Terminal `store-unwritable`; Retryable `store-full` or `store-io`; anything else as `toMillraceError` has it.
 */
export function storeError(action: string, thrown: unknown, space?: Space): MillraceError {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  if (thrown instanceof MillraceError || code === undefined || !/^E[A-Z]+$/.test(code)) return toMillraceError(thrown);
  const path = (thrown as NodeJS.ErrnoException).path;
  const place = path === undefined ? {} : { file: path };
  const where = path === undefined ? code : `${code} at ${path}`;
  if (unwritable.has(code)) {
    const message = `Cannot ${action} as it must be a directory that this process may write: ${where}. Change its owner or mode, or name another one`;
    return new Terminal("store-unwritable", message, { ...place, cause: thrown });
  }
  if (spaceless.has(code)) return storeFull(action, where, space, { ...place, cause: thrown });
  return new Retryable("store-io", `Cannot ${action}: ${where}`, { ...place, cause: thrown });
}

/** Whether something failed as a disk has no space left, or a user no quota; by the error or what it came from. */
function isSpaceless(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return spaceless.has(String((thrown as NodeJS.ErrnoException).code)) || isSpaceless(thrown.cause);
}

/**
 * What writing an execution's outputs threw, as a full disk's error if that is what it comes from.
 * @param space Where there may be too little room.
 */
export function orStoreFull(action: string, thrown: unknown, space: Space): unknown {
  if (!isSpaceless(thrown) || (thrown instanceof MillraceError && thrown.code === "store-full")) return thrown;
  const where = thrown instanceof Error ? thrown.message : String(thrown);
  return storeFull(action, where, space, { cause: thrown });
}

/** Time before a full disk is tried again, in milliseconds: space comes by a person or by another's end. */
const fullRetryMs = 5_000;

/** What a full disk's error tells beside the place. */
export interface Space {
  /** Any directory on the disk. */
  readonly directory: string;
  /** Bytes that the work writes, if it is known. */
  readonly bytesWanted?: number | undefined;
}

/** The error of a disk that has too little room: tried again by itself, however often, until there is room. */
export function storeFull(
  action: string,
  where: string,
  space: Space | undefined,
  options: { readonly file?: string; readonly cause?: unknown },
): Retryable {
  const wanted = space?.bytesWanted === undefined ? "" : `${space.bytesWanted} bytes were wanted, `;
  const left = space === undefined ? "" : `; ${wanted}${freeBytes(space.directory)} are free`;
  const message = `Cannot ${action} as the disk must have room for it: ${where}${left}. Free space on it (\`millrace gc\` finds what nobody needs any more); it is tried again by itself`;
  return new Retryable("store-full", message, { ...options, retryAfterMs: fullRetryMs });
}

/** Bytes that a process without privileges may still write on a directory's disk. */
export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
