import { toMillraceError } from "millrace/model";
import { type LaunchOptions, type NatsServer, startNatsServer, type UsableServer } from "../nats-server/mod.ts";
import { GrowingWait, waited } from "./growing-wait.ts";
import { writeTrouble } from "./write-trouble.ts";

/** Time between two looks at whether the server can write, in milliseconds. */
const lookEveryMs = 5_000;

/**
 * A nats-server of this machine that is started again, on its port and data, when it ends by itself: services wait for
 * it and go on.
 */
export class KeptServer implements UsableServer {
  readonly url: string;
  readonly #options: LaunchOptions;
  readonly #notice: (sentence: string) => void;
  readonly #wait = new GrowingWait();
  readonly #stopping = new AbortController();
  #current: NatsServer;
  #starting: Promise<void> | undefined;

  private constructor(options: LaunchOptions, first: NatsServer) {
    this.url = first.url;
    this.#options = { ...options, port: Number(new URL(first.url).port) };
    this.#notice = options.notice ?? (() => {});
    this.#current = first;
    void this.#watch();
    void this.#watchDisk();
  }

  /** Starts it, or shares the one that runs there. @throws {Terminal} as startNatsServer does. */
  static async start(options: LaunchOptions): Promise<KeptServer> {
    return new KeptServer(options, await startNatsServer(options));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting;
    await this.#current.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #watch(): Promise<void> {
    await this.#current.lost;
    if (!this.#stopping.signal.aborted) this.#starting = this.#startAgain();
  }

  /** A server that could not write its stream never does again, however much space there is: it must be ended. */
  async #watchDisk(): Promise<void> {
    let told = false;
    while (await waited(lookEveryMs, this.#stopping.signal)) {
      const trouble = await writeTrouble(this.#current.monitorUrl, this.#options.dataDir);
      if (trouble === undefined) told = false;
      else if (trouble.spaceIsBack) this.#end(trouble.message);
      else if (!told) {
        told = true;
        this.#notice(`nats-server stores nothing (${trouble.message}): free space, and it is started again by itself`);
      }
    }
  }

  #end(trouble: string): void {
    this.#notice(`nats-server stored nothing (${trouble}), and there is space again: ending it`);
    try {
      process.kill(this.#current.pid, "SIGTERM");
    } catch {
      // It has ended by itself, which is seen elsewhere.
    }
  }

  async #startAgain(): Promise<void> {
    for (let what = "nats-server ended by itself"; ;) {
      const delayMs = this.#wait.next();
      this.#notice(`${what}: starting it again in ${delayMs / 1000} s`);
      if (!(await waited(delayMs, this.#stopping.signal))) return;
      try {
        await this.#current.stop();
        this.#current = await startNatsServer(this.#options);
        this.#wait.started();
        void this.#watch();
        return;
      } catch (thrown) {
        what = toMillraceError(thrown).message;
      }
    }
  }
}
