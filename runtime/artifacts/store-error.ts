import { MillraceError, Retryable, Terminal, toMillraceError } from "../model/mod.ts";

/** File-system errors that only someone with rights on the machine can mend. */
const unwritable = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR"]);

/**
 * Converts what a file-system call threw into an error that names the directory and the mend.
 * @param action What was attempted, for example "write artifacts in /data/store".
 * @returns Terminal `store-unwritable`; Retryable `store-full` or `store-io`; anything else as `toMillraceError` has it.
 */
export function storeError(action: string, thrown: unknown): MillraceError {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  if (thrown instanceof MillraceError || code === undefined || !/^E[A-Z]+$/.test(code)) return toMillraceError(thrown);
  const path = (thrown as NodeJS.ErrnoException).path;
  const place = path === undefined ? {} : { file: path };
  const where = path === undefined ? code : `${code} at ${path}`;
  if (unwritable.has(code)) {
    const message = `Cannot ${action} as it must be a directory that this process may write: ${where}. Change its owner or mode, or name another one`;
    return new Terminal("store-unwritable", message, { ...place, cause: thrown });
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new Retryable("store-full", `Cannot ${action} as the disk is full: ${where}. Free space on it`, {
      ...place,
      cause: thrown,
    });
  }
  return new Retryable("store-io", `Cannot ${action}: ${where}`, { ...place, cause: thrown });
}
