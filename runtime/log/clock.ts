/** Time as the in-memory log sees it, so that a test or a simulation can move it. */
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
