import { createInbox, type Msg, type Subscription } from "@nats-io/transport-node";
import type { Link } from "./link.ts";
import { type DeliveryInfo, parseDeliveryInfo } from "./message-entry.ts";

const pullExpiresMs = 30_000;
const heartbeatMs = 10_000;
/** Silence after which a consumer counts as gone. */
const silenceMs = 2.5 * heartbeatMs;
const nanosPerMs = 1_000_000;

/** Statuses in place of a message. Source: nats-server, ADR-13. */
const status = { heartbeat: 100, requestTimeout: 408 } as const;

export interface PullHandlers {
  message(message: Msg, info: DeliveryInfo): void;
  /** A request ran out with some of its batch not delivered. */
  expired(): void;
  /** Nothing more will come; called once at most. Make another Pull. */
  lost(why: string): void;
}

/**
 * Pull requests to one consumer over one inbox. When anything is unclear (server gone, consumer deleted or moved,
 * silence) it is lost as a whole, and with it what was asked for: a next Pull has another inbox, so that requests of
 * this one can't be answered into it.
 */
export class Pull {
  readonly #link: Link;
  readonly #subject: string;
  readonly #inbox = createInbox();
  readonly #handlers: PullHandlers;
  readonly #subscription: Subscription;
  readonly #stopWatching: () => void;
  readonly #monitor: NodeJS.Timeout;
  #seenMs = performance.now();
  #outstanding = 0;
  #lost = false;

  constructor(link: Link, stream: string, consumer: string, handlers: PullHandlers) {
    this.#link = link;
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#handlers = handlers;
    this.#subscription = link.connection.subscribe(this.#inbox, { callback: (_error, message) => this.#take(message) });
    this.#stopWatching = link.onDown(() => this.#lose("the server went away"));
    this.#monitor = setInterval(() => this.#checkSilence(), heartbeatMs).unref();
  }

  /** Messages asked for that have not come yet. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Asks for more messages, as they are there or come. */
  request(batch: number): void {
    if (this.#lost || !this.#link.isUp) return;
    this.#outstanding += batch;
    const body = { batch, expires: pullExpiresMs * nanosPerMs, idle_heartbeat: heartbeatMs * nanosPerMs };
    this.#link.connection.publish(this.#subject, JSON.stringify(body), { reply: this.#inbox });
  }

  /** Takes back what was asked for; messages already on their way still reach the handler before this resolves. */
  async close(): Promise<void> {
    this.#end();
    if (this.#link.isUp) await this.#subscription.drain().catch(() => {});
    else if (!this.#link.isClosed) this.#subscription.unsubscribe();
  }

  #take(message: Msg): void {
    this.#seenMs = performance.now();
    if (message.reply !== undefined && message.reply !== "") {
      this.#outstanding = Math.max(0, this.#outstanding - 1);
      this.#handlers.message(message, parseDeliveryInfo(message.reply));
      return;
    }
    switch (message.headers?.code) {
      case status.heartbeat:
        return;
      case status.requestTimeout:
        this.#outstanding = Math.max(0, this.#outstanding - Number(message.headers.get("Nats-Pending-Messages")));
        this.#handlers.expired();
        return;
      default:
        this.#lose(`${message.headers?.code ?? "no status"} ${message.headers?.description ?? ""}`.trim());
    }
  }

  #checkSilence(): void {
    if (this.#outstanding > 0 && performance.now() - this.#seenMs > silenceMs) this.#lose("the consumer is silent");
  }

  #lose(why: string): void {
    if (this.#lost) return;
    this.#end();
    if (!this.#link.isClosed) this.#subscription.unsubscribe();
    this.#handlers.lost(why);
  }

  #end(): void {
    this.#lost = true;
    this.#outstanding = 0;
    clearInterval(this.#monitor);
    this.#stopWatching();
  }
}
