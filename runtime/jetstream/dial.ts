import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { connect, credsAuthenticator, errors } from "@nats-io/transport-node";
import { Terminal } from "../model/mod.ts";

export interface DialOptions {
  /** `nats://` or `tls://`, of a nats-server or, separated by commas, a cluster's; user and password may stand in it. */
  readonly url: string;
  /** Path of a NATS credentials file. */
  readonly credentials?: string;
  /** Name that the server shows for this connection. */
  readonly name?: string;
  /** Told, in one sentence each, that the server is waited for and that it is back. */
  readonly notice?: (sentence: string) => void;
  /** Gives up waiting for the server. */
  readonly signal?: AbortSignal;
}

const redialDelayMs = 250;
const redialJitterMs = 100;
const dialTimeoutMs = 5_000;
const pingIntervalMs = 10_000;

/**
 * Connects, waiting for a server that is away for as long as it takes, and reconnects for ever after.
 * @throws {Terminal} `nats-unauthorized`; `bad-credentials` when the file cannot be read.
 */
export async function dial(options: DialOptions): Promise<NatsConnection> {
  const settings = await settingsOf(options);
  for (let waiting = false; ; waiting = true) {
    try {
      const connection = await connect(settings);
      if (waiting) options.notice?.(`nats-server at ${placeOf(options.url)} is there`);
      return connection;
    } catch (error) {
      if (isRefusal(error)) throw unauthorized(options, error);
      const reason = error instanceof Error ? error.message : String(error);
      if (!waiting) options.notice?.(`Waiting for nats-server at ${placeOf(options.url)}: ${reason}`);
    }
    await sleep(redialDelayMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** Host and port of each server, without the password. */
export function placeOf(url: string): string {
  return url
    .split(",")
    .map((one) => parsed(one).host)
    .join(", ");
}

async function settingsOf({ url, credentials, name }: DialOptions) {
  const { protocol, username, password } = parsed(url.split(",")[0] ?? "");
  return {
    servers: url.split(",").map((one) => parsed(one).host),
    name: name ?? "millrace",
    maxReconnectAttempts: -1,
    reconnectTimeWait: redialDelayMs,
    reconnectJitter: redialJitterMs,
    timeout: dialTimeoutMs,
    pingInterval: pingIntervalMs,
    noAsyncTraces: true,
    ...(protocol === "tls:" ? { tls: {} } : {}),
    ...(username === "" ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(await credentialsIn(credentials)) }),
  };
}

function parsed(url: string): URL {
  try {
    return new URL(url.includes("://") ? url : `nats://${url}`);
  } catch (cause) {
    throw new Terminal(
      "bad-nats-url",
      `Cannot use ${JSON.stringify(url)} as a nats-server's URL: nats://host:port is one`,
      { cause },
    );
  }
}

async function credentialsIn(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Terminal("bad-credentials", `Cannot read the NATS credentials ${path}: the file must be readable`, {
      cause,
    });
  }
}

function isRefusal(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return error instanceof errors.AuthorizationError || cause instanceof errors.AuthorizationError;
}

function unauthorized({ url }: DialOptions, cause: unknown): Terminal {
  const message = `Cannot connect to nats-server at ${placeOf(url)}: its user, password or credentials must be right: it refused them`;
  return new Terminal("nats-unauthorized", message, { cause });
}
