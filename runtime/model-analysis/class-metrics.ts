import type { Engine } from "../engine/mod.ts";
import { slicedRows, type Predictions } from "./predictions.ts";
import type { SlicingSpec } from "./slice.ts";

/** Score above which a class counts as predicted. Source: Keras Precision and Recall. */
const decisionThreshold = 0.5;

/** Histogram buckets over the scores, from which curves are integrated. Source: TFMA's calibration histogram. */
const scoreBuckets = 10_000;

/** Metrics of one class against all others in one slice; those that can't be computed are null. */
export interface ClassMetrics {
  readonly auc: number;
  readonly auc_pr: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly true_positives: number;
  readonly false_positives: number;
  readonly true_negatives: number;
  readonly false_negatives: number;
  readonly mean_label: number;
  readonly mean_prediction: number;
  /** Mean prediction over mean label; null if no example has the label. */
  readonly calibration: number | null;
}

/** A row of the answer: the class by its index, from 0. */
export interface ClassRow extends ClassMetrics {
  readonly slice: readonly string[];
  readonly class: number;
}

/**
 * Metrics of each class against the rest, by slice of one spec, weighted.
 * AUC is 0 where one of the two outcomes is absent. Source: TFMA AUC, AUCPrecisionRecall (interpolated over 10,000
 * buckets; Keras' formula), Precision, Recall, Calibration, MeanLabel, MeanPrediction.
 */
export function classMetricsBySlice(engine: Engine, predictions: Predictions, spec: SlicingSpec): Promise<ClassRow[]> {
  return engine.query<ClassRow>(`
    WITH ${histogramSql(predictions, spec)}, ${curveSql}
    SELECT slice, class,
      if(any(positives_all) * any(negatives_all) = 0, 0,
        sum(negatives * (tp - positives / 2)) / any(positives_all) / any(negatives_all)) AS auc,
      if(any(positives_all) = 0, 0,
        sum(slope * (positives + intercept * log(if(above = 0, 1, (tp + fp) / above)))) / any(positives_all)) AS auc_pr,
      sum(hits) AS true_positives,
      sum(false_alarms) AS false_positives,
      any(negatives_all) - sum(false_alarms) AS true_negatives,
      any(positives_all) - sum(hits) AS false_negatives,
      true_positives / (true_positives + false_positives) AS precision,
      true_positives / any(positives_all) AS recall,
      any(positives_all) / (any(positives_all) + any(negatives_all)) AS mean_label,
      sum(predicted) / (any(positives_all) + any(negatives_all)) AS mean_prediction,
      mean_prediction / mean_label AS calibration
    FROM curve GROUP BY slice, class ORDER BY slice, class`);
}

/** Rows, one a class and example: is it of the class, and with what score. */
export function binarisedSql(predictions: Predictions, spec: SlicingSpec): string {
  return `
    SELECT slice, class, weight, label = class AS positive, toFloat64(score) AS score
    FROM (${slicedRows(predictions, spec)})
    ARRAY JOIN scores AS score, arrayMap(position -> toInt32(position - 1), arrayEnumerate(scores)) AS class`;
}

function histogramSql(predictions: Predictions, spec: SlicingSpec): string {
  return `
    histogram AS (
      SELECT slice, class, floor(greatest(0, least(1, score)) * ${scoreBuckets}) AS bucket,
        sumIf(weight, positive) AS positives,
        sumIf(weight, NOT positive) AS negatives,
        sumIf(weight, positive AND score > ${decisionThreshold}) AS hits,
        sumIf(weight, NOT positive AND score > ${decisionThreshold}) AS false_alarms,
        sum(weight * score) AS predicted
      FROM (${binarisedSql(predictions, spec)}) GROUP BY slice, class, bucket
      HAVING positives + negatives > 0
    )`;
}

/**
 * The histogram from the highest bucket down: `tp` and `fp` count what is in or above a bucket, `above` what is above
 * it; `slope` and `intercept` are of the line by which true positives are interpolated within it.
 */
const curveSql = `
    curve AS (
      SELECT slice, class, positives, negatives, hits, false_alarms, predicted,
        sum(positives) OVER down AS tp,
        sum(negatives) OVER down AS fp,
        sum(positives) OVER whole AS positives_all,
        sum(negatives) OVER whole AS negatives_all,
        tp + fp - positives - negatives AS above,
        positives / (positives + negatives) AS slope,
        tp - positives - slope * above AS intercept
      FROM histogram
      WINDOW down AS (PARTITION BY slice, class ORDER BY bucket DESC ROWS UNBOUNDED PRECEDING),
        whole AS (PARTITION BY slice, class)
    )`;
