import { scalar } from "../feature.ts";
import type { Categorical, Feature } from "../feature.ts";
import { finite, float, integer, wrongUse } from "./argument.ts";

/**
 * Standardises: (x - mean) / standard deviation over the analyzed rows.
 *
 * The variance is the population's. Missing values, NaN and infinities are left out of mean and variance; a missing
 * value stays missing (0, the mean, if it is an output). Where the variance is 0 the result is x - mean.
 * Source: tft.scale_to_z_score.
 */
export function zScore(x: Feature<number>): Feature<number> {
  return scalar("float", { op: "zScore" }, [float(zScore, x)], { analyzer: { type: "moments" } });
}

/** Range that `minMax` maps to. */
export interface MinMaxOptions {
  /** Default 0. */
  readonly min?: number;
  /** Default 1. */
  readonly max?: number;
}

/**
 * Scales the analyzed range to 0..1, or to the one given. Values outside the analyzed range end outside the new one.
 *
 * Missing values, NaN and infinities are left out of the range. Where all analyzed values are one, a sigmoid of x
 * takes the place of the share, as in TFT. Source: tft.scale_by_min_max.
 */
export function minMax(x: Feature<number>, options: MinMaxOptions = {}): Feature<number> {
  const min = finite(minMax, "min", options.min ?? 0);
  const max = finite(minMax, "max", options.max ?? 1);
  if (min >= max) throw wrongUse(minMax, `min must be below max: they are ${min} and ${max}`);
  return scalar("float", { op: "minMax", min, max }, [float(minMax, x)], { analyzer: { type: "range" } });
}

/**
 * Index of the bucket, 0 to count - 1, where the boundaries are the quantiles of the analyzed rows: the values at ranks
 * floor(k · n / count). A value at a boundary is in the bucket above it; NaN is in the last. Missing stays missing.
 * Quantiles are exact, where TFT's are within 0.01. Source: tft.bucketize.
 */
export function buckets(x: Feature<number>, count: number): Categorical {
  const analyzer = { type: "quantiles", buckets: integer(buckets, "count", count, 1) } as const;
  return scalar<Categorical>("int", { op: "bucket" }, [float(buckets, x)], { analyzer, categorical: true });
}
