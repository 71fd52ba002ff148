// Holds a stack in the background: starts it, writes down where it is, and stops it on SIGTERM.
import { writeSync } from "node:fs";
import { toMillraceError } from "millrace/model";
import { until } from "../nats-server/until.ts";
import type { HeldStackOptions } from "./held-stack.ts";
import { removeRunningStack, tryStackLock, writeRunningStack } from "./running-stack.ts";
import { type Stack, startStack } from "./stack.ts";

const lockTimeoutMs = 2_000;
const say = (line: string): void => void writeSync(2, `${line}\n`);
const sayWhy = (thrown: unknown): void => say(toMillraceError(thrown).message);

async function hold(options: HeldStackOptions, asked: Promise<void>): Promise<void> {
  // Others take the lock for a moment to see whether it is free.
  await until(() => tryStackLock(options.data), {
    timeoutMs: lockTimeoutMs,
    late: () => new Error(`Cannot start a stack on ${options.data.root}: another process holds one`),
  });
  await removeRunningStack(options.data);
  const ready = Promise.withResolvers<Stack>();
  let stopping = false;
  let writing: Promise<unknown> = ready.promise;
  const write = async (): Promise<void> => {
    if (!stopping) await writeRunningStack(options.data, await ready.promise);
  };
  // One after another: what is written last is what runs.
  const restarted = (): void => void (writing = writing.then(write).catch(sayWhy));
  const stack = await startStack({ ...options, notice: say, restarted });
  await writeRunningStack(options.data, stack);
  ready.resolve(stack);
  await asked;
  stopping = true;
  await writing;
  await removeRunningStack(options.data);
  await stack.stop();
  // The lock goes with the process: who waits for it finds nothing left.
}

const asked = new Promise<void>((resolve) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
});

hold(JSON.parse(process.argv[2] ?? "{}") as HeldStackOptions, asked).catch((error: unknown) => {
  sayWhy(error);
  process.exitCode = 1;
});
