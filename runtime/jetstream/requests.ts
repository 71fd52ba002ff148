import { createInbox, type Msg, type MsgHdrs } from "@nats-io/transport-node";
import type { Link } from "./link.ts";

/** Longest wait for an answer, and before that for a server that is away. */
const requestTimeoutMs = 5_000;
const tickMs = 250;
const requestTicks = requestTimeoutMs / tickMs;
const noRespondersCode = 503;

interface Pending {
  /** Ticks left until it is given up. */
  ticks: number;
  /** Takes a reply; true when it was the last. */
  readonly take: (message: Msg) => boolean;
  readonly fail: (error: Error) => void;
}

/**
 * Requests over one long-lived inbox. Nothing is set up or torn down for a request, and all that wait fail at once,
 * instead of each at its deadline, when the server goes away.
 */
export class Requests {
  readonly #link: Link;
  readonly #inbox = createInbox();
  readonly #pending = new Map<string, Pending>();
  #next = 0;
  #ticker: NodeJS.Timeout | undefined;

  constructor(link: Link) {
    this.#link = link;
    link.connection.subscribe(`${this.#inbox}.*`, { callback: (_error, message) => this.#dispatch(message) });
    link.onDown(() => this.#failAll());
  }

  /**
   * Asks for one answer.
   * @throws {Retryable} `log-unavailable`: no server, no answer, or no one there to answer.
   */
  async one(subject: string, payload: Uint8Array | string, headers?: MsgHdrs): Promise<Msg> {
    let answer: Msg | undefined;
    await this.many(subject, payload, (message) => ((answer = message), true), headers);
    if (answer === undefined) throw this.#link.unavailable(`it gave no answer to ${subject}`);
    return answer;
  }

  /** As `one`, for what is to be stored: a server whose disk is full answers all but this, and people are told. */
  async stored(subject: string, payload: Uint8Array, headers: MsgHdrs): Promise<Msg> {
    try {
      const answer = await this.one(subject, payload, headers);
      this.#link.stores(true);
      return answer;
    } catch (error) {
      if (this.#link.isUp && (await this.#answers())) this.#link.stores(false);
      throw error;
    }
  }

  #answers(): Promise<boolean> {
    return this.one("$JS.API.INFO", "").then(
      () => true,
      () => false,
    );
  }

  /** Asks for several answers; `take` gets each and says whether it was the last. */
  async many(
    subject: string,
    payload: Uint8Array | string,
    take: (message: Msg) => boolean,
    headers?: MsgHdrs,
  ): Promise<void> {
    if (!this.#link.isUp) await this.#link.whenUp(requestTimeoutMs);
    const token = (this.#next++).toString(36);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pending.set(token, {
      ticks: requestTicks,
      take: (message) => {
        if (isNoResponders(message)) reject(this.#link.unavailable(`no one answers ${subject}`));
        else if (!take(message)) return false;
        resolve();
        return true;
      },
      fail: reject,
    });
    this.#ticker ??= setInterval(() => this.#tick(), tickMs);
    try {
      this.#link.connection.publish(subject, payload, {
        reply: `${this.#inbox}.${token}`,
        ...(headers === undefined ? {} : { headers }),
      });
      await promise;
    } finally {
      this.#pending.delete(token);
    }
  }

  #dispatch(message: Msg): void {
    const token = message.subject.slice(this.#inbox.length + 1);
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    try {
      if (pending.take(message)) this.#pending.delete(token);
    } catch (error) {
      pending.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Time is counted in ticks, not by a clock: a process that was held up has not waited, its answers are unread. */
  #tick(): void {
    for (const pending of this.#pending.values())
      if (--pending.ticks <= 0) pending.fail(this.#link.unavailable(`it gave no answer within ${requestTimeoutMs} ms`));
    if (this.#pending.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  #failAll(): void {
    for (const { fail } of this.#pending.values()) fail(this.#link.unavailable("it went away before it answered"));
  }
}

function isNoResponders(message: Msg): boolean {
  return message.data.length === 0 && message.headers?.code === noRespondersCode;
}
