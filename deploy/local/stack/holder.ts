// Holds a stack in the background: starts it, writes down where it is, and stops it on SIGTERM.
import { writeSync } from "node:fs";
import { toMillraceError } from "millrace/model";
import { until } from "../nats-server/until.ts";
import type { HeldStackOptions } from "./held-stack.ts";
import { removeRunningStack, tryStackLock, writeRunningStack } from "./running-stack.ts";
import { type Stack, startStack } from "./stack.ts";

const lockTimeoutMs = 2_000;
const say = (line: string): void => void writeSync(2, `${line}\n`);

async function hold(options: HeldStackOptions, asked: Promise<void>): Promise<void> {
  // Others take the lock for a moment to see whether it is free.
  await until(() => tryStackLock(options.data), {
    timeoutMs: lockTimeoutMs,
    late: () => new Error(`Cannot start a stack on ${options.data.root}: another process holds one`),
  });
  await removeRunningStack(options.data);
  const stack: Stack = await startStack({ ...options, notice: say });
  void stack.crashed.then(({ name, how, log }) => say(`Service "${name}" ended by itself (${how}); its log: ${log}`));
  await writeRunningStack(options.data, stack);
  await asked;
  await removeRunningStack(options.data);
  await stack.stop();
  // The lock goes with the process: who waits for it finds nothing left.
}

const asked = new Promise<void>((resolve) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
});

hold(JSON.parse(process.argv[2] ?? "{}") as HeldStackOptions, asked).catch((error: unknown) => {
  say(toMillraceError(error).message);
  process.exitCode = 1;
});
