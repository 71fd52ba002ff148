import type { NumberColumn, VectorColumn } from "./column.ts";
import { missingAt } from "./numbers.ts";

/** Vectors that are 1 at an index and 0 elsewhere. */
export function oneHot(column: NumberColumn, width: number): VectorColumn {
  const values = new Float32Array(column.values.length * width);
  for (const [row, index] of column.values.entries()) {
    if (!missingAt(column, row) && index >= 0 && index < width) values[row * width + index] = 1;
  }
  return { type: "vectors", values, width };
}

/** Numbers and vectors, one behind the other; a missing number is 0. */
export function concatenate(parts: readonly (NumberColumn | VectorColumn)[], rows: number): VectorColumn {
  const width = parts.reduce((sum, part) => sum + widthOfPart(part), 0);
  const values = new Float32Array(rows * width);
  let offset = 0;
  for (const part of parts) {
    copyPart(part, values, offset, width);
    offset += widthOfPart(part);
  }
  return { type: "vectors", values, width };
}

function copyPart(part: NumberColumn | VectorColumn, to: Float32Array, offset: number, width: number): void {
  if (part.type === "numbers") {
    for (const [row, value] of part.values.entries()) to[row * width + offset] = missingAt(part, row) ? 0 : value;
    return;
  }
  for (let from = 0, row = 0; from < part.values.length; from += part.width, row += 1) {
    to.set(part.values.subarray(from, from + part.width), row * width + offset);
  }
}

function widthOfPart(part: NumberColumn | VectorColumn): number {
  return part.type === "numbers" ? 1 : part.width;
}
