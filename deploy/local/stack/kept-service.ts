import { toMillraceError } from "millrace/model";
import { GrowingWait, waited } from "./growing-wait.ts";
import { type ServiceProcess, type ServiceStart, startService } from "./service-process.ts";

export interface KeepOptions {
  /** Told in one sentence what ended, how, and when it starts again. */
  readonly notice: (sentence: string) => void;
  /** Called when it runs again, in another process and at another address. */
  readonly restarted: () => void;
}

/**
 * A service that is started again whenever it ends by itself. It is never given up, since what ended it (memory, a
 * disk, another machine) may pass at any time.
 */
export class KeptService implements ServiceProcess {
  readonly name: string;
  /** Never settles: a crash is mended, not reported. */
  readonly crashed = new Promise<never>(() => {});
  readonly #start: ServiceStart;
  readonly #options: KeepOptions;
  readonly #wait = new GrowingWait();
  readonly #stopping = new AbortController();
  #current: ServiceProcess;
  #starting: Promise<void> | undefined;

  constructor(start: ServiceStart, first: ServiceProcess, options: KeepOptions) {
    this.name = start.name;
    this.#start = start;
    this.#current = first;
    this.#options = options;
    void this.#watch();
  }

  get pid(): number {
    return this.#current.pid;
  }

  get address(): string {
    return this.#current.address;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#starting;
    await this.#current.stop();
  }

  async #watch(): Promise<void> {
    const { how, log } = await this.#current.crashed;
    this.#starting = this.#startAgain(`Service "${this.name}" ended by itself (${how}; its log: ${log})`);
  }

  /** Starts it after a wait, however often that fails; returns early once it is to be stopped. */
  async #startAgain(ended: string): Promise<void> {
    for (let what = ended; ;) {
      const delayMs = this.#wait.next();
      this.#options.notice(`${what}: starting it again in ${delayMs / 1000} s`);
      if (!(await waited(delayMs, this.#stopping.signal))) return;
      try {
        this.#current = await startService(this.#start);
        this.#wait.started();
        void this.#watch();
        return this.#options.restarted();
      } catch (thrown) {
        what = toMillraceError(thrown).message;
      }
    }
  }
}
