import { Terminal } from "../model/mod.ts";
import type { Clock } from "./clock.ts";
import type {
  Appended,
  AppendOptions,
  Consumption,
  ConsumeOptions,
  LastEntries,
  Log,
  LogEntry,
  ReadRange,
} from "./log.ts";
import { defaultAckWaitMs, lastOfMax, staleRead } from "./log.ts";
import { MemoryConsumption } from "./memory-consumption.ts";
import { MemoryStream, type MemoryStreamOptions } from "./memory-stream.ts";
import { subjectMatcher } from "./subject-filter.ts";

/** The log in this process's memory: a connection to a MemoryStream, by default to one of its own. */
export class MemoryLog implements Log {
  readonly namespace: string;
  readonly clock: Clock;
  readonly stream: MemoryStream;
  readonly #consumptions = new Set<MemoryConsumption>();
  #closed = false;

  constructor(options: MemoryStreamOptions | { readonly stream: MemoryStream } = {}) {
    this.stream = "stream" in options ? options.stream : new MemoryStream(options);
    this.namespace = this.stream.namespace;
    this.clock = this.stream.clock;
  }

  async append(subject: string, data: Uint8Array, options: AppendOptions = {}): Promise<Appended> {
    this.#assertOpen();
    return this.stream.append(subject, data, options);
  }

  async lastOf(filters: readonly string[]): Promise<LastEntries> {
    this.#assertOpen();
    const entries = new Map<string, LogEntry>();
    for (const filter of filters) for (const entry of this.stream.lastOfEach(filter)) entries.set(entry.subject, entry);
    if (entries.size > lastOfMax) throw staleRead(filters.length, "413 Too Many Results");
    return { entries, upTo: entries.size === 0 ? 0 : this.stream.lastSequence };
  }

  async leaderLastOf(subject: string): Promise<LogEntry | undefined> {
    this.#assertOpen();
    return this.stream.lastOf(subject);
  }

  async leaderLastSequence(): Promise<number> {
    this.#assertOpen();
    return this.stream.lastSequence;
  }

  async serverTimeMs(): Promise<number> {
    this.#assertOpen();
    return this.stream.clock.epochMs();
  }

  async created(): Promise<string> {
    return this.stream.created;
  }

  async get(sequence: number): Promise<LogEntry | undefined> {
    this.#assertOpen();
    return this.stream.get(sequence);
  }

  async *read(filters: readonly string[], range: ReadRange = {}): AsyncIterable<LogEntry> {
    const matches = subjectMatcher(filters);
    const to = Math.min(range.to ?? Number.POSITIVE_INFINITY, this.stream.lastSequence);
    let from = range.from ?? 1;
    while (range.signal?.aborted !== true) {
      this.#assertOpen();
      const entry = this.stream.nextMatching(from, matches);
      if (entry === undefined || entry.sequence > to) return;
      yield entry;
      from = entry.sequence + 1;
    }
  }

  async *follow(
    filters: readonly string[],
    { from: first, signal }: { readonly from?: number; readonly signal: AbortSignal },
  ): AsyncIterable<LogEntry> {
    const matches = subjectMatcher(filters);
    let from = first ?? 1;
    while (!signal.aborted) {
      this.#assertOpen();
      const entry = this.stream.nextMatching(from, matches);
      if (entry === undefined) {
        await this.#appended(signal);
      } else {
        yield entry;
        from = entry.sequence + 1;
      }
    }
  }

  async consume(options: ConsumeOptions): Promise<Consumption> {
    this.#assertOpen();
    const durable = this.stream.durable(options.durable, options.filters, options.ackWaitMs ?? defaultAckWaitMs);
    const consumption = new MemoryConsumption(options, durable);
    this.#consumptions.add(consumption);
    return consumption;
  }

  /** Ends the connection at once: what handlers hold comes again to others after ack_wait. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const consumption of this.#consumptions) consumption.detach();
  }

  #appended(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        unwatch();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const unwatch = this.stream.watch(done);
      signal.addEventListener("abort", done);
    });
  }

  #assertOpen(): void {
    if (this.#closed)
      throw new Terminal("log-closed", `Cannot use the log ${this.namespace}: it must be open: it is closed`);
  }
}
