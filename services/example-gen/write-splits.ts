import {
  columnType,
  type Engine,
  type ExamplesFormat,
  identifier,
  writeSplit,
  writeTfRecordSplit,
} from "millrace/engine";
import type { SplitRows } from "./split-rows.ts";

/** Writes each split, its rows in the dataset's order. */
export async function writeSplits(
  engine: Engine,
  outputPath: string,
  split: SplitRows,
  format: ExamplesFormat,
): Promise<void> {
  for (const [index, name] of [...split.rows.keys()].entries()) {
    // Qualified names: a feature may be called as the table's own columns are.
    const rows = `FROM ${split.table} AS t WHERE t.split = ${index} ORDER BY t.row`;
    if (format === "parquet") {
      await writeSplit(engine, outputPath, name, `SELECT ${named(split)} ${rows}`);
    } else {
      const held = split.columns.map(({ column }) => `t.${column}`).join(", ");
      await writeTfRecordSplit(engine, outputPath, name, `(SELECT ${held} ${rows})`, split.columns);
    }
  }
}

function named({ columns }: SplitRows): string {
  return columns
    .map(({ name, column, kind, repeated }) => {
      const type = columnType({ kind: kind === "none" ? "bytes" : kind, repeated });
      return `CAST(t.${column}, '${type}') AS ${identifier(name)}`;
    })
    .join(", ");
}
