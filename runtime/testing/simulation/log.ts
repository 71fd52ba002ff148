import { decodeEvent } from "../../journal/mod.ts";
import { defaultAckWaitMs, staleRead } from "../../log/mod.ts";
import type {
  Appended,
  AppendOptions,
  Consumption,
  ConsumeOptions,
  Delivery,
  LastEntries,
  Log,
  LogEntry,
  ReadRange,
} from "../../log/mod.ts";
import { mix } from "./random.ts";
import type { SimulatedProcess } from "./process.ts";
import type { SimulatedServer } from "./server.ts";

/** How often an answer comes from a replica that lags, and how far. */
export interface Lag {
  readonly probability: number;
  readonly entriesMax: number;
}

/** How far a replica lags that a fault makes lag. */
const staleEntries = 12;

/** A process's connection to the simulated server. */
export class SimulatedLog implements Log {
  readonly namespace: string;
  readonly clock;
  readonly #process: SimulatedProcess;
  readonly #server: SimulatedServer;
  readonly #lag: Lag;
  readonly #onTrouble: (thrown: unknown) => void;
  #reads = 0;

  constructor(process: SimulatedProcess, server: SimulatedServer, lag: Lag, onTrouble: (thrown: unknown) => void) {
    this.#process = process;
    this.#server = server;
    this.#lag = lag;
    this.#onTrouble = onTrouble;
    this.namespace = server.stream.namespace;
    this.clock = process.clock;
  }

  append(subject: string, data: Uint8Array, { expectLastSequence }: AppendOptions = {}): Promise<Appended> {
    const kind = decodeEvent(data)?.body?.$case ?? "other";
    return this.#process.call<Appended>(
      `append:${kind}`,
      () => this.#server.append(this.#process.name, subject, data, expectLastSequence),
      { inFlight: () => ({ kind: "refused", reason: "in-flight" }) },
    );
  }

  lastOf(subjects: readonly string[]): Promise<LastEntries> {
    const answer = (lag: number) => this.#server.lastOf(subjects, Math.max(0, this.#last - lag));
    return this.#process.call("lastOf", () => answer(this.#drawLag()), {
      stale: () => answer(staleEntries),
      partial: () => staleRead(subjects.length, "no closing 204"),
    });
  }

  leaderLastOf(filter: string): Promise<LogEntry | undefined> {
    return this.#process.call("leaderLastOf", () => this.#server.stream.lastOf(filter));
  }

  leaderLastSequence(): Promise<number> {
    return this.#process.call("leaderLastSequence", () => this.#last);
  }

  serverTimeMs(): Promise<number> {
    return this.#process.call("leaderLastSequence", () => this.#server.stream.clock.epochMs());
  }

  async created(): Promise<string> {
    return this.#server.stream.created;
  }

  get(sequence: number): Promise<LogEntry | undefined> {
    return this.#process.call("get", () => this.#server.stream.get(sequence));
  }

  /** An ordered consumer may be on a replica that lags too; a read then ends before what the leader has. */
  async *read(filters: readonly string[], { from = 1, to }: ReadRange = {}): AsyncIterable<LogEntry> {
    const answer = (lag: number) =>
      this.#server.matching(filters, from, Math.min(to ?? Number.POSITIVE_INFINITY, this.#last - lag));
    yield* await this.#process.call("read", () => answer(this.#drawLag()), { stale: () => answer(staleEntries) });
  }

  async *follow(
    filters: readonly string[],
    { from = 1, signal }: { readonly from?: number; readonly signal: AbortSignal },
  ): AsyncIterable<LogEntry> {
    let next = from;
    while (!signal.aborted) {
      const last = this.#last;
      const entries = this.#server.matching(filters, next, last);
      next = last + 1;
      if (entries.length > 0) yield* await this.#process.call("follow", () => entries);
      else await this.#more(filters);
    }
  }

  consume(options: ConsumeOptions): Promise<Consumption> {
    const { durable: name, filters, heldMax, ackWaitMs } = options;
    return this.#process.call("consume", () => {
      const durable = this.#server.durable(name, filters, ackWaitMs ?? defaultAckWaitMs);
      let held = 0;
      // Who died while it asked for its consumer takes nothing.
      const detach = durable.attach({
        hasRoom: () => this.#process.alive && held < heldMax,
        take: (delivery) => {
          held += 1;
          this.#process.held += 1;
          const done = () => {
            held -= 1;
            this.#process.held -= 1;
            durable.dispatch();
          };
          // What is lost on the way frees its place when the client asks anew.
          const arrived = this.#process.receive("deliver", () => {
            options.handle(this.#handed(delivery)).catch(this.#onTrouble).finally(done);
          });
          if (!arrived) done();
        },
      });
      this.#process.onGone(detach);
      return {
        durable: name,
        drain: async () => detach(),
        [Symbol.asyncDispose]: async () => detach(),
      };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** The delivery as this process sees it: what it says of it travels. */
  #handed(delivery: Delivery): Delivery {
    const receivedMs = this.#server.stream.clock.epochMs();
    const tell = (what: string, effect: () => void) => this.#process.tell(`settle:${what}`, effect);
    return {
      entry: delivery.entry,
      count: delivery.count,
      receivedAt: this.clock.monotonicMs(),
      ack: () => tell("ack", () => delivery.ack()),
      nak: (delayMs) => tell("nak", () => delivery.nak(delayMs)),
      working: () =>
        tell("working", () => {
          this.#server.onWorking(this.#process, delivery.entry.sequence, receivedMs);
          delivery.working();
        }),
      term: (reason) => tell("term", () => delivery.term(reason)),
    };
  }

  #more(filters: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      const forget = this.#server.onNext(filters, () => this.#process.post(resolve));
      this.#process.onGone(forget);
    });
  }

  get #last(): number {
    return this.#server.stream.lastSequence;
  }

  #drawLag(): number {
    if (this.#lag.probability === 0) return 0;
    const drawn = mix(this.#process.index, ++this.#reads, 3) / 2 ** 32;
    return drawn < this.#lag.probability ? 1 + Math.floor((drawn / this.#lag.probability) * this.#lag.entriesMax) : 0;
  }
}
