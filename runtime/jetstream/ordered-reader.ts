import { createInbox, type Msg } from "@nats-io/transport-node";
import type { LogEntry } from "../log/mod.ts";
import { apiFailure, callApi } from "./api.ts";
import type { Connected } from "./consumption.ts";
import { deliveredEntry, type DeliveryInfo } from "./message-entry.ts";
import { Pull } from "./pull.ts";

/** A message of the history, and how many that match are behind it. */
export interface HistoryItem {
  readonly entry: LogEntry;
  readonly pending: number;
}

/** Messages read ahead of the caller. At 64 KiB each this stays below what a server lets wait for a client. */
const readAheadMax = 512;
const inactiveMs = 30_000;
const nanosPerMs = 1_000_000;

/** A consumer of this reader's own that delivers history in order, until anything is out of order. */
export class OrderedReader {
  /** Messages that matched when it was opened. */
  readonly pendingAtStart: number;
  readonly #to: Connected;
  readonly #name: string;
  readonly #pull: Pull;
  readonly #items: HistoryItem[] = [];
  #first = 0;
  #lastConsumerSequence = 0;
  #broken = false;
  #wake: () => void = () => {};

  private constructor(to: Connected, name: string, pendingAtStart: number) {
    this.#to = to;
    this.#name = name;
    this.pendingAtStart = pendingAtStart;
    this.#pull = new Pull(to.link, to.stream, name, {
      message: (message, info) => this.#take(message, info),
      expired: () => this.#refill(),
      lost: () => this.#break(),
    });
  }

  static async open(to: Connected, filters: readonly string[], from: number): Promise<OrderedReader> {
    const name = createInbox("millrace-reader").replaceAll(".", "-");
    const config = {
      name,
      deliver_policy: "by_start_sequence",
      opt_start_seq: from,
      ack_policy: "none",
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: inactiveMs * nanosPerMs,
      ...(filters.length === 0 ? {} : { filter_subjects: filters }),
    };
    const request = { stream_name: to.stream, action: "create", config };
    const made = await callApi<{ num_pending: number }>(to.requests, `CONSUMER.CREATE.${to.stream}.${name}`, request);
    if (made.error !== undefined) throw apiFailure(`read the history of ${filters.join(", ")}`, made.error);
    return new OrderedReader(to, name, made.num_pending);
  }

  /** The next message; undefined once the order is broken or the signal aborts. */
  async next(signal: AbortSignal | undefined): Promise<HistoryItem | undefined> {
    for (;;) {
      const item = this.#items[this.#first];
      if (item !== undefined) {
        this.#first += 1;
        return item;
      }
      if (this.#broken || signal?.aborted === true) return undefined;
      this.#items.length = 0;
      this.#first = 0;
      this.#refill();
      await this.#arrival(signal);
    }
  }

  async close(): Promise<void> {
    this.#broken = true;
    await this.#pull.close();
    if (!this.#to.link.isUp) return;
    const { requests, stream } = this.#to;
    await callApi(requests, `CONSUMER.DELETE.${stream}.${this.#name}`, {}).catch(() => {});
  }

  #take(message: Msg, info: DeliveryInfo): void {
    if (this.#broken) return;
    if (info.consumerSequence !== this.#lastConsumerSequence + 1) return this.#break();
    this.#lastConsumerSequence = info.consumerSequence;
    this.#items.push({ entry: deliveredEntry(message, info), pending: info.pending });
    this.#wake();
    this.#refill();
  }

  #refill(): void {
    const free = readAheadMax - (this.#items.length - this.#first) - this.#pull.outstanding;
    if (free >= readAheadMax / 2) this.#pull.request(free);
  }

  #break(): void {
    this.#broken = true;
    this.#wake();
  }

  #arrival(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal?.removeEventListener("abort", done);
        this.#wake = () => {};
        resolve();
      };
      this.#wake = done;
      signal?.addEventListener("abort", done);
    });
  }
}
