/** Time as one connection to the log sees it: all that its user measures and waits by, so that a simulation can move it. */
export interface Clock {
  /** Wall clock, Unix epoch milliseconds. */
  epochMs(): number;
  /** Milliseconds that only ever grow, from any origin. */
  monotonicMs(): number;
  /** Calls back once after a delay in milliseconds; the result cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** The machine's own time; its timers do not keep the process alive. */
export const systemClock: Clock = {
  epochMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/** Calls back again and again, each time after the delay; the result ends it. */
export function every(clock: Clock, delayMs: number, run: () => void): () => void {
  const again = () => {
    cancel = clock.after(delayMs, again);
    run();
  };
  let cancel = clock.after(delayMs, again);
  return () => cancel();
}

/** Waits for a delay in milliseconds, or until the signal aborts. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener("abort", done);
  });
}

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** Time that stands still until it is moved. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();
  readonly #originMs: number;

  /** @param originMs Wall clock at the start, Unix epoch milliseconds. */
  constructor(originMs = 0) {
    this.#originMs = originMs;
  }

  epochMs(): number {
    return this.#originMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Moves time on and runs what falls due on the way, earliest first, each at its own time. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (let timer = this.#next(); timer !== undefined && timer.dueMs <= endMs; timer = this.#next()) {
      this.#timers.delete(timer);
      this.#nowMs = timer.dueMs;
      timer.run();
    }
    this.#nowMs = endMs;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.dueMs < next.dueMs) next = timer;
    return next;
  }
}
