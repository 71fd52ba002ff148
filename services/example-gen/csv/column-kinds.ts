import type { Engine, FeatureKind } from "millrace/engine";
import type { Cells } from "./load-cells.ts";

/** A cell without the white space that numbers may have around them. */
const trimmed = (column: string) => `trim(BOTH ' \\t\\n\\r\\f\\v' FROM ${column})`;

/** SQL of a column's value as its kind; NULL where the cell is empty. */
export function valueOf(column: string, kind: FeatureKind | "none"): string {
  switch (kind) {
    case "int":
      return `toInt64OrNull(${trimmed(column)})`;
    case "float":
      return `toFloat32(toFloat64OrNull(${trimmed(column)}))`;
    case "bytes":
      return `nullIf(${column}, '')`;
    default:
      return "CAST(NULL, 'Nullable(String)')";
  }
}

/**
 * The kind of each column: int if all its cells are 64-bit integers, float if all are numbers, else bytes; `none` if
 * all are empty. An integer beyond 64 bits makes its column bytes. Empty cells decide nothing.
 * Source: tfx_bsl `csv_decoder.ColumnTypeInferrer`; unlike Python's, our numbers have no underscores in them.
 */
export async function inferKinds(engine: Engine, cells: Cells): Promise<(FeatureKind | "none")[]> {
  const kinds = cells.columns.map((column) => kindOf(column));
  const [row] = await engine.query<{ kinds: (FeatureKind | "none")[] }>(
    `SELECT [${kinds.join(", ")}] AS kinds FROM ${cells.table}`,
  );
  return row?.kinds ?? [];
}

function kindOf(column: string): string {
  const filled = `${column} != ''`;
  const notInt = `countIf(${filled} AND isNull(toInt64OrNull(${trimmed(column)})))`;
  const notFloat = `countIf(${filled} AND isNull(toFloat64OrNull(${trimmed(column)})))`;
  const longInt = `countIf(isNull(toInt64OrNull(${trimmed(column)})) AND match(${trimmed(column)}, '^[+-]?[0-9]+$'))`;
  return `multiIf(countIf(${filled}) = 0, 'none', ${notInt} = 0, 'int', ${notFloat} = 0 AND ${longInt} = 0, 'float', 'bytes')`;
}
