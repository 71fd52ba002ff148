import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { executorArgument, Retryable } from "../model/mod.ts";
import type { ListeningMessage } from "./executor-process.ts";
import { stderrTailBytesMax } from "./failure.ts";
import { makeSocketAddress, removeSocketAddress } from "./socket-address.ts";
import { TextTail } from "./text-tail.ts";

export interface SpawnOptions {
  /** Main module of the component; it is started with `executor <address>` as arguments. */
  readonly main: string;
  /** Environment of the child; default this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where what it prints goes on to; default this process's stderr, since stdout is the agent's own. */
  readonly output?: NodeJS.WritableStream;
}

/** How an executor's process ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running executor of this agent. */
export interface ExecutorChild {
  readonly pid: number;
  readonly address: string;
  /** The end of what it printed. */
  readonly tail: TextTail;
  /** Settles when it has ended and all it printed has come in. */
  readonly ended: Promise<ChildEnd>;
  /** Lets it stop its work and end; kills it if it doesn't. */
  stop(): Promise<void>;
  kill(): void;
}

/** Longest a child may take until it listens, in milliseconds. */
const startTimeoutMs = 30_000;
/** Longest a child may take to end when asked, in milliseconds; more than it waits itself. */
const stopTimeoutMs = 5_000;
/** Longest to wait for the rest of its output when it has ended: what it started may hold the pipe. */
const outputTimeoutMs = 1_000;

/**
 * Starts an executor as a child process, on a Unix socket that only this user can reach.
 * Its Node options are this process's (`--conditions` must travel), except the inspector's.
 * @throws {Retryable} `executor-start` with what it printed.
 */
export async function startExecutorChild(options: SpawnOptions): Promise<ExecutorChild> {
  const address = makeSocketAddress();
  const execArgv = process.execArgv.filter((argument) => !argument.startsWith("--inspect"));
  const child = spawn(process.execPath, [...execArgv, options.main, executorArgument, address], {
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const tail = collectOutput(child, options.output ?? process.stderr);
  const ended = endOf(child).finally(() => removeSocketAddress(address));
  await listening(child, ended, tail);
  return {
    pid: child.pid ?? 0,
    address,
    tail,
    ended,
    kill: () => void child.kill("SIGKILL"),
    stop: () => stop(child, ended),
  };
}

function collectOutput(child: ChildProcess, output: NodeJS.WritableStream): TextTail {
  const tail = new TextTail(stderrTailBytesMax);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (piece: Buffer) => {
      tail.push(piece);
      output.write(piece);
    });
  }
  return tail;
}

/** Not by the `close` event: it doesn't come when this side has closed the channel. */
function endOf(child: ChildProcess): Promise<ChildEnd> {
  const outputs = Promise.all([closed(child.stdout), closed(child.stderr)]);
  return new Promise((resolve) => {
    child.on("error", () => resolve({ code: null, signal: null }));
    child.on("exit", (code, signal) => {
      const timeout = setTimeout(() => resolve({ code, signal }), outputTimeoutMs);
      void outputs.then(() => resolve({ code, signal })).finally(() => clearTimeout(timeout));
    });
  });
}

function closed(stream: Readable | null): Promise<void> {
  return new Promise((resolve) => (stream === null ? resolve() : stream.once("close", resolve)));
}

function listening(child: ChildProcess, ended: Promise<ChildEnd>, tail: TextTail): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(notStarted(`it did not listen within ${startTimeoutMs} ms`, tail));
    }, startTimeoutMs);
    child.once("message", (message: ListeningMessage) => {
      if (message.listening !== "") resolve();
    });
    child.once("error", (error) => reject(notStarted(error.message, tail)));
    void ended.then((end) => reject(notStarted(describeEnd(end), tail))).finally(() => clearTimeout(timer));
    child.once("message", () => clearTimeout(timer));
  });
}

function notStarted(why: string, tail: TextTail): Retryable {
  return new Retryable("executor-start", `Cannot start an executor: ${why}`, { detail: String(tail) });
}

/** How a process ended, for people. */
export function describeEnd(end: ChildEnd): string {
  return end.signal === null ? `it ended with exit code ${end.code ?? "unknown"}` : `it was ended by ${end.signal}`;
}

async function stop(child: ChildProcess, ended: Promise<ChildEnd>): Promise<void> {
  const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  if (child.connected) child.disconnect();
  else child.kill("SIGTERM");
  await ended;
  clearTimeout(timer);
}
