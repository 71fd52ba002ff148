import { type FeatureColumn, identifier } from "../../engine/mod.ts";

/** SQL expressions over a column's values, alike for one value a row and for lists. */
export interface ColumnSql {
  /** Number of values in a row; an empty cell has none. */
  readonly valency: string;
  /** The values as Nullable(Float64) without NaN, or an array of such; for numeric columns. */
  readonly numbers: string;
  /** The same without infinities. */
  readonly finiteNumbers: string;
  /** The column itself, to be read row by row or through `each`. */
  readonly raw: string;
  /** Suffix of aggregate functions: "Array" for lists. */
  readonly aggregateSuffix: "" | "Array";
  /** Rows of `value`, one a value, NULL left out, from an expression over the column. */
  each(expression: string, table: string): string;
}

/** The SQL expressions of a column. */
export function columnSql(column: FeatureColumn): ColumnSql {
  return column.repeated ? listColumn(column) : singleColumn(column);
}

function singleColumn(column: FeatureColumn): ColumnSql {
  const raw = identifier(column.name);
  const number = `toFloat64(${raw})`;
  return {
    raw,
    valency: `toUInt8(isNotNull(${raw}))`,
    numbers: column.kind === "float" ? `if(isNaN(${number}), NULL, ${number})` : number,
    finiteNumbers: column.kind === "float" ? `if(isFinite(${number}), ${number}, NULL)` : number,
    aggregateSuffix: "",
    each: (expression, table) =>
      `SELECT assumeNotNull(cell) AS value FROM (SELECT ${expression} AS cell FROM ${table}) WHERE cell IS NOT NULL`,
  };
}

function listColumn(column: FeatureColumn): ColumnSql {
  const raw = identifier(column.name);
  const numbers = `arrayMap(number -> toFloat64(number), ${raw})`;
  return {
    raw,
    valency: `length(${raw})`,
    numbers: column.kind === "float" ? `arrayFilter(number -> NOT isNaN(number), ${numbers})` : numbers,
    finiteNumbers: column.kind === "float" ? `arrayFilter(number -> isFinite(number), ${numbers})` : numbers,
    aggregateSuffix: "Array",
    each: (expression, table) => `SELECT arrayJoin(${expression}) AS value FROM ${table}`,
  };
}
