import { findRunningStack, type UsableServer, useNatsServer } from "@millrace/local";
import { connectLog } from "millrace/jetstream";
import type { Log } from "millrace/log";
import type { Invocation } from "../invocation.ts";
import { interruption } from "./interruption.ts";

/** The log for as long as a verb needs it. */
export interface LogSession extends AsyncDisposable {
  readonly log: Log;
  readonly natsUrl: string;
}

/** Opens the log of a server that runs elsewhere in the session. */
export async function connectTo(natsUrl: string): Promise<Log> {
  return connectLog({ url: natsUrl, namespace: process.env["MILLRACE_NAMESPACE"] ?? "mr" });
}

/** Opens the log for reading and writing, starting nats-server for the verb's own length if none runs. */
export async function openLog({ data, note }: Invocation): Promise<LogSession> {
  const running = await findRunningStack(data);
  const server = running === undefined ? await useNatsServer({ dataDir: data.nats, notice: note }) : undefined;
  const natsUrl = running?.natsUrl ?? server?.url ?? "";
  const log = await connectTo(natsUrl).catch(async (error: unknown) => {
    await server?.stop();
    throw error;
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll(log, server));
  interruption().addEventListener("abort", () => void close());
  return { log, natsUrl, [Symbol.asyncDispose]: close };
}

async function closeAll(log: Log, server: UsableServer | undefined): Promise<void> {
  await log[Symbol.asyncDispose]();
  await server?.stop();
}
