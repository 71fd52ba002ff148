import type { NatsConnection } from "@nats-io/transport-node";
import { Retryable, Terminal } from "../model/mod.ts";
import { type DialOptions, dial, placeOf } from "./dial.ts";

/** A connection that knows whether it stands, and tells those who depend on it when that changes. */
export class Link implements AsyncDisposable {
  readonly connection: NatsConnection;
  readonly #place: string;
  readonly #downListeners = new Set<() => void>();
  readonly #upListeners = new Set<() => void>();
  #up = true;
  #closed = false;
  #storing = true;
  readonly #notice: (sentence: string) => void;

  private constructor(connection: NatsConnection, options: DialOptions) {
    this.connection = connection;
    this.#place = placeOf(options.url);
    this.#notice = options.notice ?? (() => {});
    void this.#watch(options.notice);
  }

  /** Connects as `dial` does. */
  static async open(options: DialOptions): Promise<Link> {
    return new Link(await dial(options), options);
  }

  get isUp(): boolean {
    return this.#up && !this.#closed;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Calls back whenever the server goes away, and once when the link is closed, until the result is called. */
  onDown(listener: () => void): () => void {
    this.#downListeners.add(listener);
    return () => void this.#downListeners.delete(listener);
  }

  /**
   * Waits until the server is there.
   * @throws {Retryable} `log-unavailable`: not within the time. @throws {Terminal} `log-closed`.
   */
  async whenUp(timeoutMs: number): Promise<void> {
    if (!this.#closed && !this.#up) await this.#upWithin(timeoutMs);
    if (this.#closed)
      throw new Terminal("log-closed", `Cannot use the log at ${this.#place}: it must be open: it is closed`);
    if (!this.#up) throw this.unavailable(`it has been away for ${timeoutMs} ms`);
  }

  /** Says once that a server which answers otherwise leaves appends unanswered, and once that it stores again. */
  stores(does: boolean): void {
    if (this.#storing === does) return;
    this.#storing = does;
    const trouble = "answers, but stores nothing: its disk may be full, its log says; free space and start it again";
    this.#notice(`nats-server at ${this.#place} ${does ? "stores again" : trouble}`);
  }

  /** The error of whatever the server left unanswered. */
  unavailable(why: string, cause?: unknown): Retryable {
    return new Retryable("log-unavailable", `Cannot use the log: nats-server at ${this.#place} must answer: ${why}`, {
      cause,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#tell(this.#downListeners);
    this.#tell(this.#upListeners);
    if (this.#up) await this.connection.flush().catch(() => {});
    await this.connection.close();
  }

  async #watch(notice: DialOptions["notice"]): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === "disconnect" && this.#up) {
        this.#up = false;
        if (!this.#closed) notice?.(`nats-server at ${this.#place} is gone: waiting for it`);
        this.#tell(this.#downListeners);
      }
      if (type === "reconnect") {
        this.#up = true;
        notice?.(`nats-server at ${this.#place} is back`);
        this.#tell(this.#upListeners);
      }
    }
    if (this.#closed) return;
    this.#closed = true;
    this.#tell(this.#downListeners);
    this.#tell(this.#upListeners);
  }

  #upWithin(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#upListeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#upListeners.add(done);
    });
  }

  #tell(listeners: ReadonlySet<() => void>): void {
    for (const listener of listeners) listener();
  }
}
