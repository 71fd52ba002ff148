import type { NumberColumn } from "./column.ts";
import { emptyNumbers } from "./column.ts";

/** Applies a function to each number that isn't missing. */
export function mapNumbers(column: NumberColumn, apply: (value: number) => number): NumberColumn {
  const { values, missing } = column;
  return { type: "numbers", values: values.map((value) => apply(value)), missing };
}

/** Combines two columns; missing where either is. */
export function combineNumbers(
  left: NumberColumn,
  right: NumberColumn,
  combine: (left: number, right: number) => number,
): NumberColumn {
  const result = emptyNumbers(left.values.length);
  for (let row = 0; row < result.values.length; row += 1) {
    result.missing[row] = missingAt(left, row) || missingAt(right, row) ? 1 : 0;
    result.values[row] = combine(left.values[row] ?? 0, right.values[row] ?? 0);
  }
  return result;
}

/** Puts a value where one is missing. */
export function fillNumbers(column: NumberColumn, filling: number): NumberColumn {
  const values = column.values.map((value, row) => (missingAt(column, row) ? filling : value));
  return { type: "numbers", values, missing: new Uint8Array(values.length) };
}

/** The same number in every row. */
export function constantNumbers(rows: number, value: number): NumberColumn {
  const column = emptyNumbers(rows);
  column.values.fill(value);
  return column;
}

/** Integers of numbers, toward zero; missing if NaN or beyond 2^53. Integers have no -0. */
export function truncateNumbers(column: NumberColumn): NumberColumn {
  const values = column.values.map((value) => Math.trunc(value) + 0);
  const missing = column.missing.map((one, row) => one | (Number.isSafeInteger(values[row]) ? 0 : 1));
  return { type: "numbers", values, missing };
}

/** Whether the number of a row is missing. */
export function missingAt(column: NumberColumn, row: number): boolean {
  return column.missing[row] === 1;
}
