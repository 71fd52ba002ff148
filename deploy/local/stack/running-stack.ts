import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DataLock, tryDataLock } from "../nats-server/data-lock.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { Stack } from "./stack.ts";

/** What a running stack writes down for others to find it; other programs may read it too. */
export interface RunningStack {
  /** Process that holds the stack; SIGTERM ends it. */
  readonly pid: number;
  readonly natsUrl: string;
  readonly services: readonly { readonly name: string; readonly pid: number; readonly address: string }[];
}

/** The lock that the holder of a stack has for its whole life; undefined while another has it. */
export async function tryStackLock(data: DataDirectory): Promise<DataLock | undefined> {
  await mkdir(data.stack, { recursive: true });
  return tryDataLock(data.stack, "gate");
}

/** Writes down a stack that is ready, so that a reader sees all of it or none. */
export async function writeRunningStack(
  data: DataDirectory,
  { natsUrl, services }: Pick<Stack, "natsUrl" | "services">,
): Promise<void> {
  const record: RunningStack = {
    pid: process.pid,
    natsUrl,
    services: services.map(({ name, pid, address }) => ({ name, pid, address })),
  };
  const draft = `${recordPath(data)}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(draft, recordPath(data));
}

/** Removes what a stack wrote down, its own or a killed one's; only the lock's holder may. */
export async function removeRunningStack(data: DataDirectory): Promise<void> {
  await rm(recordPath(data), { force: true });
}

/** The stack that runs on a data directory and is ready; undefined if none is. */
export async function findRunningStack(data: DataDirectory): Promise<RunningStack | undefined> {
  const text = await readFile(recordPath(data), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const lock = await tryStackLock(data);
  lock?.release();
  return lock === undefined ? (JSON.parse(text) as RunningStack) : undefined;
}

function recordPath(data: DataDirectory): string {
  return join(data.stack, "stack.json");
}
