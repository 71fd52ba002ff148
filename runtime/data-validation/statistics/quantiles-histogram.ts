import {
  type Histogram,
  type Histogram_Bucket,
  Histogram_HistogramType,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import type { Quantiles } from "./quantiles.ts";

/** The histogram whose buckets lie between quantiles. Source: TFDV's generate_quantiles_histogram. */
export function quantilesHistogram(quantiles: Quantiles, numNan = 0): Histogram {
  return {
    numNan: BigInt(numNan),
    numUndefined: 0n,
    buckets: quantileBuckets(quantiles),
    type: Histogram_HistogramType.QUANTILES,
    name: "",
  };
}

/**
 * Buckets between neighbouring quantiles. A value that bounds several buckets is shared evenly between those that end
 * at it; the least value belongs to the first bucket and to those equal to it.
 */
export function quantileBuckets({ boundaries, cumulativeCounts }: Quantiles): Histogram_Bucket[] {
  const buckets = boundaries.slice(1).map((highValue, index) => ({
    lowValue: boundaries[index]!,
    highValue,
    sampleCount: cumulativeCounts[index + 1]! - cumulativeCounts[index]!,
  }));
  for (let start = 0, end = 0; start < buckets.length; start = end) {
    end = runEnd(buckets, start);
    const run = buckets.slice(start, end);
    const shared = run.reduce((sum, { sampleCount }) => sum + sampleCount, 0) / run.length;
    for (const bucket of run) bucket.sampleCount = shared;
  }
  const [first] = buckets;
  const firsts = buckets.findIndex((b) => b.lowValue !== first?.lowValue || b.highValue !== first.highValue);
  const equalToFirst = firsts === -1 ? buckets : buckets.slice(0, firsts);
  for (const bucket of equalToFirst) bucket.sampleCount += cumulativeCounts[0]! / equalToFirst.length;
  return buckets;
}

/** End of the run of buckets that have the same upper end. */
function runEnd(buckets: readonly Histogram_Bucket[], start: number): number {
  let end = start + 1;
  while (end < buckets.length && buckets[end]!.highValue === buckets[start]!.highValue) end += 1;
  return end;
}
