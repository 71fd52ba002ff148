import type { Engine } from "../engine/mod.ts";
import { Terminal } from "../model/mod.ts";
import { slicedRows, type Predictions } from "./predictions.ts";
import { sliceName, type SlicingSpec } from "./slice.ts";

/** Most slices that one slicing spec may make. */
export const slicesMax = 10_000;

/** Keras clips probabilities to this distance from 0 and 1 before it takes logarithms. */
const probabilityEpsilon = 1e-7;

/** Metrics of one slice over all classes; numbers that can't be computed are null. */
export interface Totals {
  readonly slice: readonly string[];
  readonly example_count: number;
  readonly weighted_example_count: number;
  readonly unknown_label_count: number;
  readonly accuracy: number | null;
  readonly loss: number | null;
}

/**
 * Counts, accuracy and cross-entropy of each slice of one spec.
 * A label that the model doesn't know is an error of the model: wrong, and of the least probability.
 * Source: Keras SparseCategoricalAccuracy, SparseCategoricalCrossentropy (scores normalised, then clipped).
 *
 * @throws {Terminal} `too-many-slices`; `prediction-not-finite`.
 */
export async function totalsBySlice(engine: Engine, predictions: Predictions, spec: SlicingSpec): Promise<Totals[]> {
  const rows = await engine.query<Totals & { readonly not_finite: number }>(totalsSql(predictions, spec));
  if (rows.length > slicesMax) throw tooManySlices(spec);
  const broken = rows.find((row) => row.not_finite > 0);
  if (broken !== undefined) throw notFinite(broken, spec);
  return rows.map(({ not_finite: _checked, ...totals }) => totals);
}

function totalsSql(predictions: Predictions, spec: SlicingSpec): string {
  return `
    WITH clipped AS (
      SELECT slice, label, weight,
        indexOf(scores, arrayMax(scores)) - 1 AS predicted,
        arrayExists(score -> NOT isFinite(score), scores) AS broken,
        arrayMap(score -> greatest(${probabilityEpsilon}, least(1 - ${probabilityEpsilon}, toFloat64(score))), scores)
          AS probabilities
      FROM (${slicedRows(predictions, spec)})
    )
    SELECT slice,
      toFloat64(count()) AS example_count,
      sum(weight) AS weighted_example_count,
      toFloat64(countIf(label < 0)) AS unknown_label_count,
      toFloat64(countIf(broken)) AS not_finite,
      sumIf(weight, predicted = label) / sum(weight) AS accuracy,
      sum(-weight * log(if(label < 0, ${probabilityEpsilon}, probabilities[label + 1] / arraySum(probabilities))))
        / sum(weight) AS loss
    FROM clipped GROUP BY slice ORDER BY slice LIMIT ${slicesMax + 1}`;
}

function tooManySlices(spec: SlicingSpec): Terminal {
  return new Terminal(
    "too-many-slices",
    `Cannot slice by ${spec.join(" × ")}: it makes more than ${slicesMax} slices; slice by features of fewer values`,
    { field: spec.join(",") },
  );
}

function notFinite(row: Totals & { readonly not_finite: number }, spec: SlicingSpec): Terminal {
  const slice = sliceName(spec.map((feature, position) => [feature, row.slice[position] ?? ""]));
  return new Terminal(
    "prediction-not-finite",
    `Cannot evaluate the model: ${row.not_finite} of ${row.example_count} predictions (${slice}) hold NaN or ` +
      "infinity; predictions must be finite, so check the training loss and the ranges of the transformed features",
  );
}
