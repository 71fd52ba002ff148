import type { Msg } from "@nats-io/transport-node";
import type { Delivery, LogEntry } from "../log/mod.ts";
import type { Link } from "./link.ts";
import { deliveredEntry, type DeliveryInfo } from "./message-entry.ts";

const nanosPerMs = 1_000_000;

/** A delivery and the ways to settle it. A settlement that does not reach the server is a redelivery, no error. */
export class JetStreamDelivery implements Delivery {
  readonly entry: LogEntry;
  readonly count: number;
  readonly receivedAt = performance.now();
  readonly #link: Link;
  readonly #reply: string;
  #settled = false;

  constructor(link: Link, message: Msg, info: DeliveryInfo) {
    this.entry = deliveredEntry(message, info);
    this.count = info.count;
    this.#link = link;
    this.#reply = message.reply ?? "";
  }

  ack(): void {
    this.#settle("+ACK");
  }

  nak(delayMs: number): void {
    this.#settle(`-NAK ${JSON.stringify({ delay: Math.round(delayMs * nanosPerMs) })}`);
  }

  working(): void {
    if (!this.#settled) this.#send("+WPI");
  }

  term(reason: string): void {
    this.#settle(`+TERM ${reason}`);
  }

  #settle(word: string): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#send(word);
  }

  #send(word: string): void {
    if (this.#link.isUp) this.#link.connection.publish(this.#reply, word);
  }
}
