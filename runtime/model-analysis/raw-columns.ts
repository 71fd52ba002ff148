import { identifier, type Engine, type Examples, type FeatureColumn } from "../engine/mod.ts";
import type { RawColumns } from "./classifier.ts";

/** Rows of a split, by position. */
export interface RowRange {
  readonly offset: number;
  readonly rows: number;
}

/** Reads some rows of a split column by column; a column that the examples don't have is all nulls. */
export async function readRawColumns(
  engine: Engine,
  examples: Examples,
  split: string,
  names: readonly string[],
  range: RowRange,
): Promise<RawColumns> {
  const present = examples.columns.filter((column) => names.includes(column.name));
  const absent = names.filter((name) => !present.some((column) => column.name === name));
  const [values] =
    present.length === 0 ? [] : await engine.query<RawColumns>(columnsSql(examples, split, present, range));
  return Object.fromEntries([
    ...present.map((column, position) => [column.name, values?.[`column_${position}`] ?? []] as const),
    ...absent.map((name) => [name, Array<null>(range.rows).fill(null)] as const),
  ]);
}

/** `groupArray` leaves nulls out, unless they are in a tuple. */
function columnsSql(examples: Examples, split: string, columns: readonly FeatureColumn[], range: RowRange): string {
  const aggregates = columns.map(
    (column, position) => `tupleElement(groupArray(tuple(${valueSql(column)})), 1) AS column_${position}`,
  );
  return `SELECT ${aggregates.join(", ")}
    FROM (SELECT * FROM ${examples.table(split)} LIMIT ${range.rows} OFFSET ${range.offset})`;
}

/** Integers as floating point, since JSON would carry them as text. */
function valueSql({ name, kind, repeated }: FeatureColumn): string {
  return kind === "int" && !repeated ? `toFloat64(${identifier(name)})` : identifier(name);
}
