import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { isolationPrefix } from "./isolation.ts";
import { TextTail } from "./text-tail.ts";

/** Bounds of one call of a user function. */
export interface SandboxLimits {
  /** Longest it may take, in milliseconds; default 60 s. */
  readonly timeMs: number;
  /** JavaScript heap, in MiB; default 512. */
  readonly heapMiB: number;
  /** All memory it may write, in MiB, where the machine has `prlimit`; default 2048. */
  readonly memoryMiB: number;
  /** Size of what it returns, in bytes of JSON; default 16 MiB. */
  readonly replyBytes: number;
}

export const defaultSandboxLimits: SandboxLimits = {
  timeMs: 60_000,
  heapMiB: 512,
  memoryMiB: 2048,
  replyBytes: 16 << 20,
};

/** What it prints is kept up to this size, the end of it. */
const outputBytesMax = 64 << 10;

/** How a sandbox ended. */
export interface SandboxEnd {
  readonly reply: Buffer;
  /** What it printed on stdout and stderr, the last 64 KiB. */
  readonly output: string;
  readonly exitCode: number | null;
  readonly exitSignal: NodeJS.Signals | null;
  /** Why it was stopped before its end; absent if it wasn't. */
  readonly stopped?: "time" | "reply-size" | "signal";
}

/**
 * Runs a script under Node's permission model: it may read what is named and write nothing; it has no addons, child
 * processes, workers or environment, and no network where the machine can take it away.
 *
 * @param reads Files and directories it may read.
 * @param input Text on its stdin; its reply comes on descriptor 3.
 */
export async function runSandbox(
  script: string,
  reads: readonly string[],
  input: string,
  limits: SandboxLimits,
  signal: AbortSignal | undefined,
): Promise<SandboxEnd> {
  const [command, ...args] = [
    ...(await isolationPrefix({
      dataBytesMax: limits.memoryMiB * 1_048_576,
      cpuSecondsMax: cpuSecondsFor(limits.timeMs),
    })),
    process.execPath,
    "--permission",
    ...reads.map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${limits.heapMiB}`,
    "--disable-warning=ExperimentalWarning",
    script,
  ];
  const child = spawn(command ?? process.execPath, args, {
    env: {},
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    // A group of its own, which is killed whole, and which a terminal's Ctrl-C doesn't reach: what becomes of an
    // execution is for its agent to decide.
    detached: true,
  });
  return watch(child, input, limits, signal);
}

/** Only for a sandbox whose parent is gone: twice the wall time for its helper threads, and its start. */
function cpuSecondsFor(timeMs: number): number {
  return 2 * Math.ceil(timeMs / 1_000) + 5;
}

function watch(
  child: ChildProcess,
  input: string,
  limits: SandboxLimits,
  signal: AbortSignal | undefined,
): Promise<SandboxEnd> {
  return new Promise((resolve, reject) => {
    let stopped: SandboxEnd["stopped"];
    const stop = (why: NonNullable<SandboxEnd["stopped"]>) => {
      stopped ??= why;
      killGroup(child);
    };
    const output = new TextTail(outputBytesMax);
    const reply = collect(child.stdio[3] as Readable, limits.replyBytes, () => stop("reply-size"));
    child.stdout?.on("data", (piece: Buffer) => output.push(piece));
    child.stderr?.on("data", (piece: Buffer) => output.push(piece));

    const timer = setTimeout(() => stop("time"), limits.timeMs);
    const onAbort = () => stop("signal");
    signal?.addEventListener("abort", onAbort);
    const release = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };

    child.on("error", (error) => {
      release();
      reject(error);
    });
    child.on("close", (exitCode, exitSignal) => {
      release();
      resolve({ reply: reply(), output: String(output), exitCode, exitSignal, ...(stopped ? { stopped } : {}) });
    });
    // A child that ends before it has read everything breaks the pipe; how it ended says why.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
    if (signal?.aborted) onAbort();
  });
}

/** The whole group: what makes the namespace may be killed before it could tie its child's life to its own. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // Already gone.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function collect(stream: Readable, bytesMax: number, onExcess: () => void): () => Buffer {
  const pieces: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes <= bytesMax) pieces.push(piece);
    else onExcess();
  });
  return () => Buffer.concat(pieces);
}
