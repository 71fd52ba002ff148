/** Loss and, for a classifier that asks for it, accuracy. */
export interface Losses {
  readonly loss: number;
  readonly accuracy?: number;
}

/** Means of batch losses, each weighted by its rows. */
export class MeanLosses {
  /** Loss of the latest batch. */
  latest = 0;
  private rows = 0;
  private readonly sums: number[] = [];

  /** @param values What tfjs gives for a batch: the loss, or the loss and the accuracy. */
  add(values: number | readonly number[], rows: number): void {
    const list = typeof values === "number" ? [values] : values;
    list.forEach((value, place) => (this.sums[place] = (this.sums[place] ?? 0) + value * rows));
    this.rows += rows;
    this.latest = list[0] ?? Number.NaN;
  }

  result(): Losses {
    const [loss = Number.NaN, accuracy] = this.sums.map((sum) => sum / this.rows);
    return accuracy === undefined ? { loss } : { loss, accuracy };
  }
}
