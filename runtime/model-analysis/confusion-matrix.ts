import type { Engine } from "../engine/mod.ts";
import { slicedRows, type Predictions } from "./predictions.ts";
import type { SlicingSpec } from "./slice.ts";

/** One cell: weight of the examples of a label that got a prediction; indices of classes, below 0 for none. */
export interface ConfusionCell {
  readonly slice: readonly string[];
  readonly label: number;
  readonly predicted: number;
  readonly count: number;
}

/**
 * The multi-class confusion matrix of each slice of one spec; cells of weight 0 are left out.
 *
 * @param threshold Score that the best class must exceed, else nothing counts as predicted (index -1); by default the
 * best class always counts. Source: TFMA MultiClassConfusionMatrixAtThresholds.
 */
export function confusionBySlice(
  engine: Engine,
  predictions: Predictions,
  spec: SlicingSpec,
  threshold?: number,
): Promise<ConfusionCell[]> {
  const best = "indexOf(scores, arrayMax(scores)) - 1";
  const predicted = threshold === undefined ? best : `if(arrayMax(scores) > ${threshold}, ${best}, -1)`;
  return engine.query<ConfusionCell>(`
    SELECT slice, greatest(label, -1) AS label, toInt32(${predicted}) AS predicted, sum(weight) AS count
    FROM (${slicedRows(predictions, spec)})
    GROUP BY slice, label, predicted HAVING count > 0 ORDER BY slice, label, predicted`);
}
