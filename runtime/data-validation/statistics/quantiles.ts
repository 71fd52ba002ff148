/** A distinct value, how many values are less than it, and how many are not greater. */
export interface RankedValue {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** Boundaries that cut values into buckets of about equal count. */
export interface Quantiles {
  /** One more than buckets: the least value, the inner boundaries, the greatest. Ascending, not distinct. */
  readonly boundaries: readonly number[];
  /** Number of values not greater than each boundary. */
  readonly cumulativeCounts: readonly number[];
}

/**
 * Cuts values into buckets. Boundary `r` is the value at position `floor(r · count / buckets)` of the sorted values.
 *
 * @param ranked Ascending; at least the values at those positions.
 * Source: tfx-bsl's quantile sketch, which is exact while it holds every distinct value.
 */
export function quantilesOf(ranked: readonly RankedValue[], buckets: number): Quantiles {
  const count = ranked.at(-1)?.upper ?? 0;
  const boundaries: number[] = [];
  const cumulativeCounts: number[] = [];
  let index = 0;
  for (let rank = 0; rank <= buckets; rank++) {
    const position = (rank * count) / buckets;
    while (index < ranked.length - 1 && ranked[index]!.upper <= position) index += 1;
    boundaries.push(ranked[index]!.value);
    cumulativeCounts.push(ranked[index]!.upper);
  }
  return { boundaries, cumulativeCounts };
}

/** Keeps every `factor`th boundary. */
export function coarsen({ boundaries, cumulativeCounts }: Quantiles, factor: number): Quantiles {
  const kept = (_: number, index: number) => index % factor === 0;
  return { boundaries: boundaries.filter(kept), cumulativeCounts: cumulativeCounts.filter(kept) };
}

/** The middle boundary, or the mean of the two middle ones. */
export function medianOf({ boundaries }: Quantiles): number {
  const middle = Math.floor(boundaries.length / 2);
  const upper = boundaries[middle] ?? 0;
  return boundaries.length % 2 === 1 ? upper : ((boundaries[middle - 1] ?? 0) + upper) / 2;
}
