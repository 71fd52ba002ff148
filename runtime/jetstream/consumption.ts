import type { Msg } from "@nats-io/transport-node";
import type { Consumption, ConsumeOptions } from "../log/mod.ts";
import { defaultAckWaitMs } from "../log/mod.ts";
import { ensureDurable } from "./durable.ts";
import { JetStreamDelivery } from "./jetstream-delivery.ts";
import type { Link } from "./link.ts";
import type { DeliveryInfo } from "./message-entry.ts";
import { patiently } from "./patience.ts";
import { Pull } from "./pull.ts";
import type { Requests } from "./requests.ts";

/** What the parts of one JetStreamLog share. */
export interface Connected {
  readonly link: Link;
  readonly requests: Requests;
  readonly stream: string;
}

/** More is pulled once this share of heldMax is free: one request then asks for many. */
const refillShare = 0.25;

/**
 * One process's share of a durable: an own pull loop with credits, so that deliveries with the handler and messages
 * pulled for it together never exceed heldMax.
 */
export class JetStreamConsumption implements Consumption {
  readonly durable: string;
  readonly #to: Connected;
  readonly #options: ConsumeOptions;
  readonly #held = new Set<Promise<void>>();
  #pull: Pull | undefined;
  readonly #stop = new AbortController();

  private constructor(to: Connected, options: ConsumeOptions) {
    this.durable = options.durable;
    this.#to = to;
    this.#options = options;
  }

  /** Starts, once the server answers. @throws {Terminal} as ensureDurable does. */
  static async start(to: Connected, options: ConsumeOptions): Promise<JetStreamConsumption> {
    const consumption = new JetStreamConsumption(to, options);
    await patiently(() => consumption.#open(), undefined);
    return consumption;
  }

  async drain(): Promise<void> {
    this.#stop.abort();
    await this.#pull?.close();
    await Promise.all(this.#held);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  async #open(): Promise<void> {
    const { link, requests, stream } = this.#to;
    const { durable: name, filters, ackWaitMs = defaultAckWaitMs } = this.#options;
    await ensureDurable(requests, { stream, name, filters, ackWaitMs });
    if (this.#stop.signal.aborted) return;
    this.#pull = new Pull(link, stream, name, {
      message: (message, info) => this.#deliver(message, info),
      expired: () => this.#refill(),
      lost: () => void this.#reopen(),
    });
    this.#refill();
  }

  /** Opens again, however long it takes; the durable may have gone with the server's disk. */
  async #reopen(): Promise<void> {
    try {
      await patiently(() => this.#open(), this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted && !this.#to.link.isClosed) throw error;
    }
  }

  #refill(): void {
    const { heldMax } = this.#options;
    const outstanding = this.#pull?.outstanding ?? 0;
    const free = heldMax - this.#held.size - outstanding;
    if (!this.#stop.signal.aborted && free > 0 && (outstanding === 0 || free >= heldMax * refillShare))
      this.#pull?.request(free);
  }

  #deliver(message: Msg, info: DeliveryInfo): void {
    const delivery = new JetStreamDelivery(this.#to.link, message, info);
    if (this.#stop.signal.aborted) delivery.nak(0);
    else void this.#handle(delivery);
  }

  async #handle(delivery: JetStreamDelivery): Promise<void> {
    const handled = this.#options.handle(delivery);
    this.#held.add(handled);
    await handled;
    this.#held.delete(handled);
    this.#refill();
  }
}
