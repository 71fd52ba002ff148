import type { Delivery } from "../log.ts";

/** A handler that keeps what it is given for the test to settle, and is busy with it until released. */
export class Holder {
  readonly deliveries: Delivery[] = [];
  readonly #released = Promise.withResolvers<void>();
  readonly #waiting = new Set<() => void>();

  readonly handle = async (delivery: Delivery): Promise<void> => {
    this.deliveries.push(delivery);
    for (const wake of this.#waiting) wake();
    await this.#released.promise;
  };

  /** The n-th delivery, from 0, once it has come. */
  async at(index: number): Promise<Delivery> {
    for (;;) {
      const delivery = this.deliveries[index];
      if (delivery !== undefined) return delivery;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  release(): void {
    this.#released.resolve();
  }
}
