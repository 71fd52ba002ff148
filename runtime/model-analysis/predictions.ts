import type { SlicingSpec } from "./slice.ts";

/**
 * A table of predictions, one row an example, in the order of the split:
 * `label Int32` (index of the class, below 0 if the model doesn't know the label), `scores Array(Float32)` (one a
 * class), `weight Float64`, `slices Array(Array(String))` (values of each slicing feature, none if missing).
 */
export interface Predictions {
  /** SQL table expression. */
  readonly table: string;
  /** Class names by index. */
  readonly classes: readonly string[];
  /** Slicing features by position in `slices`. */
  readonly sliceFeatures: readonly string[];
}

/**
 * SQL of the predictions of one slicing spec: every row once for each slice it is in, with `slice Array(String)`.
 * A row without a value for one of the features is in none of the spec's slices. Source: TFMA's slicer.
 */
export function slicedRows(predictions: Predictions, spec: SlicingSpec): string {
  const values = spec.map((feature) => {
    const position = predictions.sliceFeatures.indexOf(feature) + 1;
    return `arrayJoin(slices[${position}])`;
  });
  const slice = values.length === 0 ? "emptyArrayString()" : `[${values.join(", ")}]`;
  return `SELECT ${slice} AS slice, label, scores, weight FROM ${predictions.table}`;
}
