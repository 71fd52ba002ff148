import type { Delivery, LogEntry } from "./log.ts";
import type { MemoryStream } from "./memory-stream.ts";

/** Someone who takes deliveries from a durable. */
export interface Taker {
  /** Whether another delivery may be handed over now. */
  hasRoom(): boolean;
  take(delivery: Delivery): void;
}

/** A message that was delivered and not yet settled. */
interface Pending {
  readonly entry: LogEntry;
  count: number;
  /** Cancels the timer that makes it due again. */
  cancel: () => void;
}

/**
 * A durable consumer with explicit acks, as JetStream has it: what is not settled within ack_wait comes again, and a
 * settlement or working() counts whoever sends it and however late.
 */
export class MemoryDurable {
  readonly #stream: MemoryStream;
  readonly #matches: (subject: string) => boolean;
  readonly #ackWaitMs: number;
  readonly #takers: Taker[] = [];
  readonly #pending = new Map<number, Pending>();
  readonly #due: number[] = [];
  #next = 1;
  #dispatching = false;

  constructor(stream: MemoryStream, matches: (subject: string) => boolean, ackWaitMs: number) {
    this.#stream = stream;
    this.#matches = matches;
    this.#ackWaitMs = ackWaitMs;
  }

  /** Adds a taker; the result removes it, and what it holds comes again after ack_wait. */
  attach(taker: Taker): () => void {
    this.#takers.push(taker);
    this.dispatch();
    return () => {
      const index = this.#takers.indexOf(taker);
      if (index >= 0) this.#takers.splice(index, 1);
    };
  }

  /** Whether all there is was delivered and settled. */
  get settled(): boolean {
    return this.#pending.size === 0 && this.#stream.nextMatching(this.#next, this.#matches) === undefined;
  }

  /** Hands over what there is to takers that have room, in the next microtask. */
  dispatch(): void {
    if (this.#dispatching) return;
    this.#dispatching = true;
    queueMicrotask(() => {
      this.#dispatching = false;
      while (this.#deliverOne());
    });
  }

  #deliverOne(): boolean {
    const index = this.#takers.findIndex((taker) => taker.hasRoom());
    const [taker] = index < 0 ? [] : this.#takers.splice(index, 1);
    if (taker === undefined) return false;
    this.#takers.push(taker);
    const pending = this.#takeDue() ?? this.#takeNew();
    if (pending === undefined) return false;
    pending.count += 1;
    this.#expireLater(pending);
    taker.take(this.#deliveryOf(pending));
    return true;
  }

  #takeDue(): Pending | undefined {
    for (let sequence = this.#due.shift(); sequence !== undefined; sequence = this.#due.shift()) {
      const pending = this.#pending.get(sequence);
      if (pending !== undefined) return pending;
    }
    return undefined;
  }

  #takeNew(): Pending | undefined {
    const entry = this.#stream.nextMatching(this.#next, this.#matches);
    this.#next = entry === undefined ? this.#stream.lastSequence + 1 : entry.sequence + 1;
    if (entry === undefined) return undefined;
    const pending = { entry, count: 0, cancel: () => {} };
    this.#pending.set(entry.sequence, pending);
    return pending;
  }

  #expireLater(pending: Pending, afterMs = this.#ackWaitMs): void {
    pending.cancel();
    pending.cancel = this.#stream.clock.after(afterMs, () => {
      this.#due.push(pending.entry.sequence);
      this.dispatch();
    });
  }

  #deliveryOf(pending: Pending): Delivery {
    const { sequence } = pending.entry;
    let settled = false;
    const once = (settle: (held: Pending) => void) => {
      const held = this.#pending.get(sequence);
      if (settled || held === undefined) return;
      settled = true;
      settle(held);
    };
    const forget = (held: Pending) => {
      held.cancel();
      this.#pending.delete(sequence);
    };
    return {
      entry: pending.entry,
      count: pending.count,
      receivedAt: this.#stream.clock.monotonicMs(),
      ack: () => once(forget),
      nak: (delayMs) => once((held) => this.#expireLater(held, delayMs)),
      term: () => once(forget),
      working: () => {
        const held = this.#pending.get(sequence);
        if (!settled && held !== undefined) this.#expireLater(held);
      },
    };
  }
}
