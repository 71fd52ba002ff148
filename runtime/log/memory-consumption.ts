import type { Consumption, ConsumeOptions, Delivery } from "./log.ts";
import type { MemoryDurable } from "./memory-durable.ts";

/** One consumer's share of a durable: never more than heldMax deliveries with its handler. */
export class MemoryConsumption implements Consumption {
  readonly durable: string;
  readonly #options: ConsumeOptions;
  readonly #source: MemoryDurable;
  readonly #held = new Set<Promise<void>>();
  readonly #detach: () => void;

  constructor(options: ConsumeOptions, source: MemoryDurable) {
    this.durable = options.durable;
    this.#options = options;
    this.#source = source;
    this.#detach = source.attach({
      hasRoom: () => this.#held.size < options.heldMax,
      take: (delivery) => void this.#handle(delivery),
    });
  }

  /** Takes no more; what is held is left to its handler. */
  detach(): void {
    this.#detach();
  }

  async drain(): Promise<void> {
    this.detach();
    await Promise.all(this.#held);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  async #handle(delivery: Delivery): Promise<void> {
    const handled = this.#options.handle(delivery);
    this.#held.add(handled);
    await handled;
    this.#held.delete(handled);
    this.#source.dispatch();
  }
}
