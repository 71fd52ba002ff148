import { findRunningStack, type UsableServer, useNatsServer } from "@millrace/local";
import { connectLog, placeOf } from "millrace/jetstream";
import type { Log } from "millrace/log";
import { Retryable } from "millrace/model";
import type { Invocation } from "../invocation.ts";
import { interruption } from "./interruption.ts";

/** The log for as long as a verb needs it. */
export interface LogSession extends AsyncDisposable {
  readonly log: Log;
  readonly natsUrl: string;
}

/** Longest a verb waits for a server that should be there, in milliseconds. */
const connectTimeoutMs = 5_000;

/**
 * Opens the log of a server that runs already. One that goes away later is waited for.
 * @param note Told when it has gone away, and when it is back.
 * @throws {Retryable} `nats-unreachable`: it does not answer.
 */
export async function connectTo(natsUrl: string, note: Invocation["note"]): Promise<Log> {
  const signal = AbortSignal.timeout(connectTimeoutMs);
  const namespace = process.env["MILLRACE_NAMESPACE"] ?? "mr";
  let connected = false;
  let why = "";
  const notice = (sentence: string): void => {
    if (connected) note(sentence);
    else why = sentence;
  };
  try {
    const log = await connectLog({ url: natsUrl, namespace, signal, notice });
    connected = true;
    return log;
  } catch (error) {
    throw signal.aborted ? unreachable(natsUrl, why, error) : error;
  }
}

/** Fails now, and not after every service's own wait, when the server that MILLRACE_NATS_URL names is not there. */
export async function checkNamedServer({ note }: Invocation): Promise<void> {
  const url = process.env["MILLRACE_NATS_URL"];
  if (url === undefined || url === "") return;
  await using _log = await connectTo(url, note);
}

function unreachable(natsUrl: string, why: string, cause: unknown): Retryable {
  const named = process.env["MILLRACE_NATS_URL"] === natsUrl;
  const mend = named
    ? "Start it, or unset MILLRACE_NATS_URL to use one of the project's own"
    : "`millrace down`, then `millrace up`, starts it again";
  const reason = why === "" ? "It is silent" : why;
  const message = `Cannot reach nats-server at ${placeOf(natsUrl)} within ${connectTimeoutMs / 1000} s. ${reason}. ${mend}`;
  return new Retryable("nats-unreachable", message, { cause });
}

/** Opens the log for reading and writing, starting nats-server for the verb's own length if none runs. */
export async function openLog({ data, note }: Invocation): Promise<LogSession> {
  const running = await findRunningStack(data);
  const server = running === undefined ? await useNatsServer({ dataDir: data.nats, notice: note }) : undefined;
  const natsUrl = running?.natsUrl ?? server?.url ?? "";
  const log = await connectTo(natsUrl, note).catch(async (error: unknown) => {
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
