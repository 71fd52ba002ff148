import { Retryable, Terminal } from "../../model/mod.ts";

/** System errors that mean: nobody can write here until a person changes something. */
const notWritable = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ELOOP", "ENAMETOOLONG"]);

/** System errors that may be gone when it is tried again. */
const passing = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "EIO", "ENOENT", "EBUSY", "ESTALE"]);

/**
 * Does work that writes below a directory, and says what the system's errors mean for the push.
 * @throws {Terminal} `destination-not-writable`. @throws {Retryable} `destination-unavailable`.
 */
export async function withWriteErrors<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toPushError(directory, error as NodeJS.ErrnoException);
  }
}

function toPushError(directory: string, error: NodeJS.ErrnoException): Error {
  const { code = "" } = error;
  const options = { file: error.path ?? directory, cause: error };
  if (notWritable.has(code)) {
    const message =
      `Cannot push to ${directory} as the pusher must be able to write there: ${error.message}; ` +
      "make the directory writable for it, or choose another destination";
    return new Terminal("destination-not-writable", message, options);
  }
  if (passing.has(code)) {
    return new Retryable("destination-unavailable", `Cannot push to ${directory} now: ${error.message}`, options);
  }
  return error;
}
