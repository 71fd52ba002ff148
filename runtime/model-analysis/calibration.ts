import type { Engine } from "../engine/mod.ts";
import { binarisedSql } from "./class-metrics.ts";
import { type Predictions } from "./predictions.ts";
import type { SlicingSpec } from "./slice.ts";

/** Buckets of equal width over the scores of a calibration plot. */
const calibrationBuckets = 10;

/** Scores of a class between `low` (inclusive) and `high`: how often the class was right, and how sure the model. */
export interface CalibrationBucket {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly mean_label: number;
  readonly mean_prediction: number;
}

/** A row of the answer: the class by its index, from 0. */
export interface CalibrationRow extends CalibrationBucket {
  readonly slice: readonly string[];
  readonly class: number;
}

/** Calibration plots of each class, by slice of one spec, weighted; empty buckets are left out. Source: TFMA CalibrationPlot. */
export function calibrationBySlice(
  engine: Engine,
  predictions: Predictions,
  spec: SlicingSpec,
): Promise<CalibrationRow[]> {
  return engine.query<CalibrationRow>(`
    SELECT slice, class,
      bucket / ${calibrationBuckets} AS low,
      (bucket + 1) / ${calibrationBuckets} AS high,
      sum(weight) AS count,
      sumIf(weight, positive) / sum(weight) AS mean_label,
      sum(weight * score) / sum(weight) AS mean_prediction
    FROM (
      SELECT *, greatest(0, least(${calibrationBuckets - 1}, floor(score * ${calibrationBuckets}))) AS bucket
      FROM (${binarisedSql(predictions, spec)})
    )
    GROUP BY slice, class, bucket HAVING count > 0 ORDER BY slice, class, bucket`);
}
