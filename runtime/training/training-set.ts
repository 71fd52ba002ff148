/** Rows of one split as a model takes them. */
export interface TrainingSet {
  readonly rows: number;
  /** Values of each feature by its name, row after row. */
  readonly features: Readonly<Record<string, Float32Array>>;
  /** Class index, or number, of each row. */
  readonly labels: Float32Array;
}

/**
 * Copies chosen rows together.
 * @param values Row after row, `width` values each.
 */
export function pickRows(values: Float32Array, width: number, rows: Uint32Array): Float32Array {
  const picked = new Float32Array(rows.length * width);
  for (const [place, row] of rows.entries()) {
    picked.set(values.subarray(row * width, (row + 1) * width), place * width);
  }
  return picked;
}
