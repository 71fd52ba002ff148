import { identifier, type Engine, type Examples, type FeatureColumn } from "../engine/mod.ts";
import type { RawBatch, RawValue } from "../training/mod.ts";

/** Rows of a split, by position. */
export interface RowRange {
  readonly offset: number;
  readonly rows: number;
}

/** Reads some rows of a split column by column; those that the examples don't have are left out. */
export async function readRawColumns(
  engine: Engine,
  examples: Examples,
  split: string,
  names: readonly string[],
  range: RowRange,
): Promise<RawBatch> {
  const columns = examples.columns.filter(({ name }) => names.includes(name));
  if (columns.length === 0) return {};
  const [values] = await engine.query<Record<string, readonly RawValue[]>>(columnsSql(examples, split, columns, range));
  return Object.fromEntries(columns.map(({ name }, position) => [name, values?.[`column_${position}`] ?? []]));
}

/** `groupArray` leaves nulls out, unless they are in a tuple. */
function columnsSql(examples: Examples, split: string, columns: readonly FeatureColumn[], range: RowRange): string {
  const aggregates = columns.map(
    (column, position) => `tupleElement(groupArray(tuple(${valueSql(column)})), 1) AS column_${position}`,
  );
  return `SELECT ${aggregates.join(", ")}
    FROM (SELECT * FROM ${examples.table(split)} LIMIT ${range.rows} OFFSET ${range.offset}) AS source`;
}

/**
 * Integers as floating point, since JSON would carry them as text. Qualified, since a feature may be named as one of the
 * answer's columns is, and an alias would take its place.
 */
function valueSql({ name, kind, repeated }: FeatureColumn): string {
  const column = `source.${identifier(name)}`;
  return kind === "int" && !repeated ? `toFloat64(${column})` : column;
}
