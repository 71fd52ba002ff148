import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Terminal } from "millrace/model";
import { until } from "../nats-server/until.ts";
import type { DataDirectory } from "./data-directory.ts";
import { findRunningStack, type RunningStack, tryStackLock } from "./running-stack.ts";
import { moduleOptions, modulePath } from "./module-path.ts";
import type { ServiceSpec } from "./services.ts";

/** What a stack in the background is started with. */
export interface HeldStackOptions {
  readonly data: DataDirectory;
  readonly services: readonly ServiceSpec[];
  readonly natsPort?: number;
}

/** Longest until a stack is ready: getting a nats-server may take its download. */
const readyTimeoutMs = 300_000;
const goneTimeoutMs = 30_000;

/**
 * Starts a stack in a process of its own that stays when this one ends, and waits until it is ready.
 * @throws {Terminal} `stack-running`: one runs on the data directory; `stack-failed` with the end of its log.
 */
export async function startHeldStack(options: HeldStackOptions): Promise<RunningStack> {
  const running = await findRunningStack(options.data);
  if (running !== undefined) throw alreadyRunning(options.data, running);
  mkdirSync(options.data.logs, { recursive: true });
  const log = openSync(logPath(options.data), "w");
  const holder = spawn(process.execPath, [...moduleOptions(), modulePath("holder"), JSON.stringify(options)], {
    cwd: options.data.project,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let ended = false;
  holder.once("exit", () => (ended = true));
  holder.unref();
  const ready = async (): Promise<RunningStack | undefined> => {
    if (ended) throw await failed(options.data);
    // Between its lock and its own record the one of a killed holder may still be there.
    const found = await findRunningStack(options.data);
    return found?.pid === holder.pid ? found : undefined;
  };
  return until(ready, { timeoutMs: readyTimeoutMs, late: () => failed(options.data) });
}

/**
 * Stops the stack that runs in the background and waits until it is gone.
 * @returns What ran; undefined if nothing did.
 */
export async function stopHeldStack(data: DataDirectory): Promise<RunningStack | undefined> {
  const running = await settledStack(data);
  if (running === undefined) return undefined;
  process.kill(running.pid, "SIGTERM");
  await until(() => isGone(data), { timeoutMs: goneTimeoutMs, late: () => stillThere(running) });
  return running;
}

/** The stack that runs, also one that is still starting; undefined if there is none. */
async function settledStack(data: DataDirectory): Promise<RunningStack | undefined> {
  const look = async (): Promise<{ readonly running: RunningStack | undefined } | undefined> => {
    const running = await findRunningStack(data);
    return running !== undefined || (await isGone(data)) ? { running } : undefined;
  };
  return (await until(look, { timeoutMs: readyTimeoutMs, late: () => failed(data) })).running;
}

async function isGone(data: DataDirectory): Promise<true | undefined> {
  const lock = await tryStackLock(data);
  lock?.release();
  return lock === undefined ? undefined : true;
}

function alreadyRunning(data: DataDirectory, { pid }: RunningStack): Terminal {
  const message = `Cannot start a stack on ${data.root}: process ${pid} holds one; stop it with \`millrace down\``;
  return new Terminal("stack-running", message);
}

async function failed(data: DataDirectory): Promise<Terminal> {
  const text = await readFile(logPath(data), "utf8").catch(() => "");
  return new Terminal("stack-failed", text.trim() || `Cannot start the stack: see ${data.logs}`);
}

function stillThere({ pid }: RunningStack): Terminal {
  return new Terminal(
    "stack-stuck",
    `Cannot stop the stack: process ${pid} did not end within ${goneTimeoutMs / 1000} s`,
  );
}

function logPath(data: DataDirectory): string {
  return join(data.logs, "stack.log");
}
