import { closeSync, constants, openSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { Terminal } from "millrace/model";

/**
 * An exclusive lock on a directory that the kernel holds for as long as any process has `fd` open. A child started
 * with it as one of its stdio keeps the lock when this process is gone, and the end of the last holder, by SIGKILL
 * too, releases it: no stale lock can be left and none has to be guessed at.
 */
export interface DataLock {
  readonly fd: number;
  /** Closes this process's hold; children that inherited it keep theirs. */
  release(): void;
}

/** `O_EXLOCK` of macOS and the BSDs (sys/fcntl.h): open and flock in one step. */
const openWithLock = 0x20;

/** What is locked: who may run a server on the directory, or who may decide about that. */
export type LockPurpose = "server" | "gate";

/**
 * Takes a lock on an existing directory; undefined if another process has it.
 *
 * On Linux the lock is a bound abstract Unix socket named after the directory's device and inode; on macOS and FreeBSD
 * a file opened with O_EXLOCK.
 * @throws {Terminal} `unsupported-platform`.
 */
export async function tryDataLock(directory: string, purpose: LockPurpose): Promise<DataLock | undefined> {
  switch (process.platform) {
    case "linux":
      return await trySocketLock(directory, purpose);
    case "darwin":
    case "freebsd":
      return tryFileLock(directory, purpose);
    default:
      throw new Terminal(
        "unsupported-platform",
        `Cannot lock ${directory} on ${process.platform}: start nats-server yourself and set MILLRACE_NATS_URL`,
      );
  }
}

async function trySocketLock(directory: string, purpose: LockPurpose): Promise<DataLock | undefined> {
  const { dev, ino } = statSync(directory);
  const server = createServer();
  const bound = await new Promise<boolean>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen({ path: `\0millrace-${purpose}-${dev}-${ino}` }, () => resolve(true));
  });
  if (!bound) return undefined;
  server.unref();
  return { fd: descriptorOf(server), release: () => void server.close() };
}

/** Node has no public way to a server's descriptor; without it a child could not inherit the lock. */
function descriptorOf(server: Server): number {
  const handle: unknown = Reflect.get(server, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : undefined;
  if (typeof fd === "number" && fd >= 0) return fd;
  throw new Terminal("unsupported-platform", `Cannot pass a lock to a child on Node ${process.version}: Node 24 can`);
}

function tryFileLock(directory: string, purpose: LockPurpose): DataLock | undefined {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | openWithLock;
  try {
    const fd = openSync(join(directory, `nats-${purpose}.lock`), flags, 0o600);
    return { fd, release: () => closeSync(fd) };
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EAGAIN" || error.code === "EWOULDBLOCK"))
      return undefined;
    throw error;
  }
}
