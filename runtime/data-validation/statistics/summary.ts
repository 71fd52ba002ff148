import type { Engine, FeatureColumn } from "../../engine/mod.ts";
import { columnSql } from "./column-sql.ts";

/** Presence and valency of a column. */
export interface ValencySummary {
  readonly rows: number;
  /** Fewest, most and all values of the rows. */
  readonly min: number;
  readonly max: number;
  readonly total: number;
}

/** Moments and bounds of a numeric column, NaN left out. */
export interface NumericSummary {
  readonly count: number;
  readonly mean: number;
  readonly stdDev: number;
  readonly zeros: number;
  readonly min: number;
  readonly max: number;
  /** Bounds of the finite values; infinity and minus infinity where there is none. */
  readonly finiteMin: number;
  readonly finiteMax: number;
}

/** Lengths of a column of strings. */
export interface StringSummary {
  readonly bytes: number;
  readonly invalidUtf8: number;
}

/** What one pass finds out about a column. */
export interface ColumnSummary {
  readonly valency: ValencySummary;
  readonly numbers?: NumericSummary;
  readonly strings?: StringSummary;
}

/** Columns of one pass, against queries too long to be planned. */
const columnsPerPassMax = 64;

/** A feature may be named as one of our aliases is. */
const columnsBeforeAliases = "SETTINGS prefer_column_name_to_alias = 1";

/**
 * Summarises all columns of a table, many in one pass.
 * One thread, so that sums of floats do not depend on which thread read what.
 */
export async function summarize(
  engine: Engine,
  table: string,
  columns: readonly FeatureColumn[],
): Promise<ColumnSummary[]> {
  const summaries: ColumnSummary[] = [];
  for (let start = 0; start < columns.length; start += columnsPerPassMax) {
    const pass = columns.slice(start, start + columnsPerPassMax);
    const sql = `SELECT [${pass.map(aggregateTexts).join(", ")}] AS summary FROM ${table} ${columnsBeforeAliases}`;
    const [row] = await engine.query<{ summary: string[][] }>(sql, { threads: 1 });
    summaries.push(...pass.map((column, index) => toSummary(column, row?.summary[index] ?? [])));
  }
  return summaries;
}

/** Numbers travel as text: JSON has neither infinities nor 64-bit integers. */
function aggregateTexts(column: FeatureColumn): string {
  return `[${aggregates(column)
    .map((aggregate) => `ifNull(toString(${aggregate}), '')`)
    .join(", ")}]`;
}

function aggregates(column: FeatureColumn): string[] {
  const { valency, numbers, finiteNumbers, raw, aggregateSuffix: s } = columnSql(column);
  const common = ["count()", `min(${valency})`, `max(${valency})`, `sum(${valency})`];
  if (column.kind === "bytes") {
    const invalid = column.repeated ? `arrayCount(text -> NOT isValidUTF8(text), ${raw})` : `NOT isValidUTF8(${raw})`;
    const lengths = column.repeated ? `arrayMap(text -> length(text), ${raw})` : `length(${raw})`;
    return [...common, `sum${s}(${lengths})`, `sum(${invalid})`];
  }
  const zeros = column.repeated ? `countEqual(${numbers}, 0)` : `${numbers} = 0`;
  return [
    ...common,
    `count${s}(${numbers})`,
    `sum${s}(${numbers})`,
    `stddevPopStable${s}(${numbers})`,
    `sum(${zeros})`,
    `min${s}(${numbers})`,
    `max${s}(${numbers})`,
    `count${s}(${finiteNumbers})`,
    `min${s}(${finiteNumbers})`,
    `max${s}(${finiteNumbers})`,
  ];
}

function toSummary(column: FeatureColumn, texts: readonly string[]): ColumnSummary {
  const [rows = 0, min = 0, max = 0, total = 0, ...rest] = texts.map(toNumber);
  const valency = { rows, min, max, total };
  if (column.kind !== "bytes") return { valency, numbers: toNumericSummary(rest) };
  const [bytes = 0, invalidUtf8 = 0] = rest;
  return { valency, strings: { bytes, invalidUtf8 } };
}

function toNumericSummary(numbers: readonly number[]): NumericSummary {
  const [count = 0, sum = 0, stdDev = 0, zeros = 0, min = 0, max = 0, finiteCount = 0, finiteMin = 0, finiteMax = 0] =
    numbers;
  return {
    count,
    mean: count === 0 ? 0 : sum / count,
    stdDev: Number.isNaN(stdDev) ? 0 : stdDev,
    zeros,
    min,
    max,
    finiteMin: finiteCount === 0 ? Number.POSITIVE_INFINITY : finiteMin,
    finiteMax: finiteCount === 0 ? Number.NEGATIVE_INFINITY : finiteMax,
  };
}

/** Reads a number as the engine writes it: "inf", "-inf", "nan", and nothing for NULL. */
export function toNumber(text: string): number {
  if (text === "inf" || text === "+inf") return Number.POSITIVE_INFINITY;
  if (text === "-inf") return Number.NEGATIVE_INFINITY;
  return text === "" ? 0 : Number(text);
}
