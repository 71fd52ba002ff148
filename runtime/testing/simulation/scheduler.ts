import type { Clock } from "../../log/mod.ts";

/** A schedule with more events than this goes round in circles. */
const eventsMax = 400_000;
/** Calls that run in one turn of Node's loop before the next turn is asked for. */
const batchSize = 64;

interface Timed {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * The only time there is: events in virtual order, each run to the end of its microtasks before the next. Nothing in a
 * simulation may wait for anything else, so the same events come in the same order whatever the machine does.
 */
export class Scheduler {
  nowMs = 0;
  /** Events to come that are not background: messages under way, acts from outside. */
  foreground = 0;
  readonly #heap: Timed[] = [];
  #order = 0;
  #ran = 0;

  /** Runs something after a delay in virtual milliseconds. */
  after(delayMs: number, run: () => void): void {
    this.foreground += 1;
    this.timer(delayMs, () => {
      this.foreground -= 1;
      run();
    });
  }

  /** As `after`, for what a quiet world need not wait for; the result cancels it. */
  timer(delayMs: number, run: () => void): () => void {
    const timed: Timed = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(timed);
    return () => void (timed.run = undefined);
  }

  /** The clock of the server: starts at `originMs` of the wall. */
  clock(originMs: number): Clock {
    return {
      epochMs: () => originMs + Math.floor(this.nowMs),
      monotonicMs: () => this.nowMs,
      after: (delayMs, run) => this.timer(delayMs, run),
    };
  }

  /**
   * Runs events until `ended` says so, nothing is left, or time is up.
   * @param ended Asked before each event.
   * @returns whether `ended` said so.
   */
  run(ended: () => boolean, untilMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (result: boolean) => {
        over = true;
        resolve(result);
      };
      // Between two immediates of one queue Node runs all microtasks, which no promise alone could wait for.
      const step = () => {
        if (over) return;
        try {
          if (ended()) return end(true);
          const timed = this.#pop();
          if (timed === undefined || timed.atMs > untilMs) return end(false);
          if (++this.#ran > eventsMax) return end(false);
          this.nowMs = timed.atMs;
          timed.run?.();
        } catch (error) {
          over = true;
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const batch = () => {
        if (over) return;
        for (let index = 0; index < batchSize; index++) setImmediate(step);
        setImmediate(batch);
      };
      batch();
    });
  }

  #push(timed: Timed): void {
    const heap = this.#heap;
    let index = heap.push(timed) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Timed;
      if (!isBefore(timed, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timed;
  }

  #pop(): Timed | undefined {
    for (let top = this.#popOne(); top !== undefined; top = this.#popOne()) if (top.run) return top;
    return undefined;
  }

  #popOne(): Timed | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && isBefore(heap[right] as Timed, heap[child] as Timed)) child = right;
      if (!isBefore(heap[child] as Timed, last)) break;
      heap[index] = heap[child] as Timed;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(one: Timed, other: Timed): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
