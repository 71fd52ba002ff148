import type {
  Appended,
  AppendOptions,
  Consumption,
  ConsumeOptions,
  LastEntries,
  Log,
  LogEntry,
  ReadRange,
} from "../log/mod.ts";
import { systemClock } from "../log/mod.ts";
import { parseToken, Terminal } from "../model/mod.ts";
import { append } from "./append.ts";
import { type Connected, JetStreamConsumption } from "./consumption.ts";
import type { DialOptions } from "./dial.ts";
import { follow, read } from "./history.ts";
import { lastOf } from "./last-of.ts";
import { Link } from "./link.ts";
import { patiently } from "./patience.ts";
import { Requests } from "./requests.ts";
import { retireDurables } from "./retire-durables.ts";
import { leaderMessage } from "./stored-message.ts";
import { streamInfo } from "./stream-info.ts";
import { assertServer, ensureStream } from "./stream.ts";

export interface ConnectOptions extends DialOptions {
  /** First token of every subject, and the stream's name; default `mr`. */
  readonly namespace?: string;
  /** Replicas of the stream in a cluster, if this makes it; default 1. */
  readonly replicas?: number;
}

/**
 * Connects to the log in a nats-server and makes its stream if it is absent. Waits for a server that is away, now and
 * whenever it goes away later; an appender then gets `log-unavailable` and asks again.
 * @throws {Terminal} `nats-too-old`, `nats-without-jetstream`, `nats-unauthorized`, `stream-differs`.
 */
export async function connectLog(options: ConnectOptions): Promise<JetStreamLog> {
  const stream = parseToken("namespace", options.namespace ?? "mr");
  const link = await Link.open(options);
  try {
    const { info } = link.connection;
    if (info === undefined)
      throw new Terminal("nats-too-old", "Cannot keep a log in a nats-server that says nothing of itself");
    assertServer(info);
    const requests = new Requests(link);
    const wanted = { namespace: stream, replicas: options.replicas ?? 1 };
    await patiently(() => ensureStream(requests, wanted), options.signal);
    return new JetStreamLog({ link, requests, stream });
  } catch (error) {
    await link[Symbol.asyncDispose]();
    throw error;
  }
}

/** The log in a JetStream stream. */
export class JetStreamLog implements Log {
  readonly namespace: string;
  readonly clock = systemClock;
  readonly #to: Connected;

  constructor(to: Connected) {
    this.namespace = to.stream;
    this.#to = to;
  }

  append(subject: string, data: Uint8Array, options: AppendOptions = {}): Promise<Appended> {
    return append(this.#to.requests, subject, data, options);
  }

  lastOf(subjects: readonly string[]): Promise<LastEntries> {
    return lastOf(this.#to.requests, this.#to.stream, subjects);
  }

  leaderLastOf(filter: string): Promise<LogEntry | undefined> {
    return leaderMessage(this.#to.requests, this.#to.stream, { last_by_subj: filter });
  }

  async leaderLastSequence(): Promise<number> {
    return (await streamInfo(this.#to.requests, this.#to.stream)).state.last_seq;
  }

  async serverTimeMs(): Promise<number> {
    return Date.parse((await streamInfo(this.#to.requests, this.#to.stream)).ts);
  }

  async created(): Promise<string> {
    return (await streamInfo(this.#to.requests, this.#to.stream)).created;
  }

  async get(sequence: number): Promise<LogEntry | undefined> {
    return await leaderMessage(this.#to.requests, this.#to.stream, { seq: sequence });
  }

  read(filters: readonly string[], range: ReadRange = {}): AsyncIterable<LogEntry> {
    return read(this.#to, filters, range);
  }

  follow(
    filters: readonly string[],
    range: { readonly from?: number; readonly signal: AbortSignal },
  ): AsyncIterable<LogEntry> {
    return follow(this.#to, filters, range);
  }

  async consume(options: ConsumeOptions): Promise<Consumption> {
    return await JetStreamConsumption.start(this.#to, options);
  }

  /** Deletes drained durables that earlier versions of a component left behind, as `retireDurables` does. */
  retireDurables(prefix: string, keep: readonly string[]): Promise<readonly string[]> {
    return retireDurables(this.#to.requests, this.#to.stream, prefix, keep);
  }

  /** Closes the connection once what was written before is with the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#to.link[Symbol.asyncDispose]();
  }
}
