import { availableParallelism } from "node:os";
import type { Engine, FeatureKind } from "millrace/engine";
import type { Cells } from "./load-cells.ts";

/** A cell as a number's text: without the white space that numbers may have around them. */
const number = (cell: string) => `trimBoth(translate(${cell}, '\\t\\n\\r\\f\\v', '     '))`;

/** SQL of a column's value as its kind; NULL where the cell is empty. */
export function valueOf(column: string, kind: FeatureKind | "none"): string {
  switch (kind) {
    case "int":
      return `toInt64OrNull(${number(column)})`;
    case "float":
      return `toFloat32(toFloat64OrNull(${number(column)}))`;
    case "bytes":
      return `nullIf(${column}, '')`;
    default:
      return "CAST(NULL, 'Nullable(String)')";
  }
}

/** Kinds in the order in which one gives way to the next. */
const kinds = ["none", "int", "float", "bytes"] as const;

/**
 * The kind of each column: int if all its cells are 64-bit integers, float if all are numbers, else bytes; `none` if
 * all are empty. An integer beyond 64 bits makes its column bytes. Empty cells decide nothing.
 * Source: tfx_bsl `csv_decoder.ColumnTypeInferrer`; unlike Python's, our numbers have no underscores in them.
 */
export async function inferKinds(engine: Engine, cells: Cells): Promise<(FeatureKind | "none")[]> {
  const rank = `multiIf(ifNull(cell, '') = '', 0,
    isNotNull(toInt64OrNull(${number("cell")})), 1,
    isNull(toFloat64OrNull(${number("cell")})) OR match(${number("cell")}, '^[+-]?[0-9]+$'), 3, 2)`;
  const [row] = await engine.query<{ ranks: number[] }>(
    `SELECT maxForEach(arrayMap(cell -> ${rank}, [${cells.columns.join(", ")}])) AS ranks FROM ${cells.table}`,
    { threads: availableParallelism() },
  );
  return cells.columns.map((_, index) => kinds[row?.ranks[index] ?? 0] ?? "none");
}
