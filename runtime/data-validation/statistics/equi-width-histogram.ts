import {
  type Histogram,
  type Histogram_Bucket,
  Histogram_HistogramType,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import type { Quantiles } from "./quantiles.ts";
import { quantileBuckets } from "./quantiles-histogram.ts";

/** Rounds to the precision that a feature's values have, as TFDV does: float32 for FLOAT, float64 for INT. */
export type Rounding = (value: number) => number;

export interface EquiWidthOptions {
  /** Bounds of the finite values; not finite if there is none. */
  readonly finiteMin: number;
  readonly finiteMax: number;
  /** Values that are plus infinity. */
  readonly positiveInfinities: number;
  readonly numNan: number;
  readonly buckets: number;
  readonly round: Rounding;
}

/**
 * The histogram of buckets of equal width, interpolated from fine quantiles; infinities have buckets of their own.
 * Source: TFDV's generate_equi_width_histogram.
 */
export function equiWidthHistogram(quantiles: Quantiles, options: EquiWidthOptions): Histogram {
  return {
    numNan: BigInt(options.numNan),
    numUndefined: 0n,
    buckets: equiWidthBuckets(quantiles, options),
    type: Histogram_HistogramType.STANDARD,
    name: "",
  };
}

function equiWidthBuckets(quantiles: Quantiles, options: EquiWidthOptions): Histogram_Bucket[] {
  const { finiteMin, finiteMax, positiveInfinities } = options;
  if (!Number.isFinite(finiteMin) || !Number.isFinite(finiteMax)) {
    return [{ lowValue: finiteMin, highValue: finiteMax, sampleCount: quantiles.cumulativeCounts.at(-1) ?? 0 }];
  }
  const edges = edgesOf(options);
  if (edges.some((edge) => !Number.isFinite(edge))) return [];
  const { finite, negativeInfinities } = stripInfinities(quantiles, finiteMax, positiveInfinities);
  const fine = quantileBuckets(finite);
  const buckets = interpolate(fine, edges, options.round);
  if (negativeInfinities > 0) buckets.unshift(infiniteBucket(Number.NEGATIVE_INFINITY, negativeInfinities));
  if (positiveInfinities > 0) buckets.push(infiniteBucket(Number.POSITIVE_INFINITY, positiveInfinities));
  return buckets;
}

function infiniteBucket(value: number, sampleCount: number): Histogram_Bucket {
  return { lowValue: value, highValue: value, sampleCount };
}

/** Edges of the buckets: one bucket if all values are equal. */
function edgesOf({ finiteMin, finiteMax, buckets, round }: EquiWidthOptions): number[] {
  if (finiteMin === finiteMax) return [finiteMin, finiteMax];
  const step = round(round(finiteMax - finiteMin) / buckets);
  const inner = Array.from({ length: buckets }, (_, index) => round(round(index * step) + finiteMin));
  return [...inner, finiteMax];
}

/** Cuts infinities off: the counts that remain are of finite values. */
function stripInfinities(
  { boundaries, cumulativeCounts }: Quantiles,
  finiteMax: number,
  positiveInfinities: number,
): { readonly finite: Quantiles; readonly negativeInfinities: number } {
  const firstFinite = boundaries.findIndex((boundary) => boundary !== Number.NEGATIVE_INFINITY);
  const negativeInfinities = cumulativeCounts[firstFinite - 1] ?? 0;
  const kept = boundaries.slice(firstFinite);
  const counts = cumulativeCounts.slice(firstFinite).map((count) => count - negativeInfinities);
  if (positiveInfinities === 0) return { finite: { boundaries: kept, cumulativeCounts: counts }, negativeInfinities };
  const firstInfinite = kept.indexOf(Number.POSITIVE_INFINITY);
  const finiteCount = counts.at(-1)! - positiveInfinities;
  return {
    finite: {
      boundaries: [...kept.slice(0, firstInfinite), finiteMax],
      cumulativeCounts: [...counts.slice(0, firstInfinite), finiteCount],
    },
    negativeInfinities,
  };
}

function interpolate(fine: readonly Histogram_Bucket[], edges: readonly number[], round: Rounding): Histogram_Bucket[] {
  const buckets: Histogram_Bucket[] = [];
  let start = 0;
  for (let index = 0; index + 1 < edges.length; index++) {
    const interval = { low: edges[index]!, high: edges[index + 1]!, first: index === 0 };
    let sampleCount = 0;
    let rounded = false;
    for (let at = start; at < fine.length; at++) {
      const bucket = fine[at]!;
      const overlap = overlapOf(bucket, interval, round);
      if (overlap.kind === "follows") break;
      if (overlap.kind === "precedes") start = at;
      if (overlap.kind === "partly") {
        sampleCount = round(round(sampleCount) + round(overlap.fraction * round(bucket.sampleCount)));
        rounded = true;
      }
      if (overlap.kind === "within") {
        sampleCount = rounded ? round(sampleCount + round(bucket.sampleCount)) : sampleCount + bucket.sampleCount;
      }
    }
    buckets.push({ lowValue: interval.low, highValue: interval.high, sampleCount });
  }
  return buckets;
}

/** How a fine bucket lies to an interval, its values taken to be spread evenly over it. */
type Overlap =
  | { readonly kind: "precedes" | "follows" | "within" }
  | { readonly kind: "partly"; readonly fraction: number };

interface Interval {
  readonly low: number;
  readonly high: number;
  /** The first interval alone has the values at its lower edge. */
  readonly first: boolean;
}

function overlapOf({ lowValue, highValue }: Histogram_Bucket, interval: Interval, round: Rounding): Overlap {
  const { low, high, first } = interval;
  if (lowValue === highValue && lowValue === low) return { kind: first ? "within" : "precedes" };
  if (highValue < low) return { kind: "precedes" };
  if (lowValue > high) return { kind: "follows" };
  if (low <= lowValue && high >= highValue) return { kind: "within" };
  const width = round(highValue - lowValue);
  if (low <= lowValue) return { kind: "partly", fraction: round(round(high - round(lowValue)) / width) };
  if (high >= highValue) return { kind: "partly", fraction: round(round(round(highValue) - low) / width) };
  return { kind: "partly", fraction: round(round(high - low) / width) };
}
