/** A stretch of the log whose times are earlier than one before it: the server's clock was set back. */
export interface TimeLag {
  readonly from: number;
  readonly to: number;
  /** The latest time before it, Unix epoch milliseconds: what counts as its messages' time. */
  readonly maxMs: number;
}

/**
 * Where the times of a log go backwards. A moment of the log is found by the running maximum of its times, which is a
 * message's own time almost everywhere: all that has to be known beside it is the exceptions.
 * Source: docs/protocol.md, Time.
 */
export class TimeIndex {
  readonly #lags: TimeLag[];
  #sequence: number;
  #maxMs: number;

  constructor(lags: readonly TimeLag[] = [], sequence = 0, maxMs = 0) {
    this.#lags = [...lags];
    this.#sequence = sequence;
    this.#maxMs = maxMs;
  }

  get lags(): readonly TimeLag[] {
    return this.#lags;
  }

  /** Last sequence folded, and the latest time up to there. */
  get sequence(): number {
    return this.#sequence;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** Folds the next message's place. @param timeMs Its moment, Unix epoch milliseconds. */
  fold(sequence: number, timeMs: number): void {
    const before = this.#sequence;
    this.#sequence = sequence;
    if (timeMs >= this.#maxMs) {
      this.#maxMs = timeMs;
      return;
    }
    const last = this.#lags.at(-1);
    const continues = last !== undefined && last.to === before && last.maxMs === this.#maxMs;
    if (continues) this.#lags.pop();
    this.#lags.push({ from: continues ? last.from : sequence, to: sequence, maxMs: this.#maxMs });
  }

  /** The latest time up to a folded message. @param timeMs The message's own. */
  maxAt(sequence: number, timeMs: number): number {
    let [low, high] = [0, this.#lags.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lags[middle]?.to ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    const lag = this.#lags[low];
    return lag !== undefined && lag.from <= sequence ? lag.maxMs : timeMs;
  }
}
