import { setTimeout as sleep } from "node:timers/promises";

/** Wait before something that ended by itself is started again; doubled each time, up to the most. */
const firstDelayMs = 500;
const delayMsMax = 30_000;
/** What ran this long has started well: the next wait is the first one again. */
const settledMs = 60_000;

/** The waits before one thing's restarts: short after a kill, ever longer if it keeps ending. */
export class GrowingWait {
  #delayMs = firstDelayMs;
  #startedMs = performance.now();

  /** The next wait, in milliseconds. */
  next(): number {
    if (performance.now() - this.#startedMs >= settledMs) this.#delayMs = firstDelayMs;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(2 * delayMs, delayMsMax);
    return delayMs;
  }

  /** Says that it has been started again. */
  started(): void {
    this.#startedMs = performance.now();
  }
}

/** Waits, less long if the signal aborts. @returns whether the whole time has passed. */
export async function waited(delayMs: number, signal: AbortSignal): Promise<boolean> {
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}
