import {
  type DatasetFeatureStatistics,
  FeatureNameStatistics_Type,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { type Engine, type FeatureColumn, identifier } from "../../engine/mod.ts";
import { compareBytes } from "../schema/feature-view.ts";
import { columnSql } from "./column-sql.ts";
import { type ColumnFacts, featureStatistics, fineQuantiles, histogramBuckets } from "./feature-statistics.ts";
import { frequentValues } from "./frequent-values.ts";
import type { RankedValue } from "./quantiles.ts";
import { rankValues, type RankedRequest } from "./ranked-values.ts";
import { type ColumnSummary, summarize } from "./summary.ts";

/** How statistics are computed. */
export interface StatisticsOptions {
  /** Integer features whose values are identifiers: they get the statistics of strings. */
  readonly categorical?: ReadonlySet<string>;
}

/**
 * Computes a split's statistics as TFDV writes them by default, each query for many columns.
 *
 * @param table SQL table expression.
 * @param columns Its features; the statistics list them by name.
 * @returns The same bytes for the same rows in the same order, on one version of the engine. Quantiles are exact.
 * Source: TFDV's basic and top-k statistics generators.
 */
export async function generateStatistics(
  engine: Engine,
  table: string,
  columns: readonly FeatureColumn[],
  options: StatisticsOptions = {},
): Promise<DatasetFeatureStatistics> {
  const sorted = [...columns].sort((a, b) => compareBytes(a.name, b.name));
  const isCategorical = ({ name, kind }: FeatureColumn) => kind === "int" && options.categorical?.has(name) === true;
  const categorical = sorted.filter(isCategorical);
  const facts = await gatherFacts(
    engine,
    categorical.length === 0 ? table : asStrings(table, categorical),
    sorted.map((column) => (isCategorical(column) ? { ...column, kind: "bytes" } : column)),
  );
  const features = facts.map((fact, index) =>
    isCategorical(sorted[index]!)
      ? { ...featureStatistics(fact), type: FeatureNameStatistics_Type.INT }
      : featureStatistics(fact),
  );
  const rows = facts[0]?.summary.valency.rows ?? 0;
  return { name: "", numExamples: BigInt(rows), weightedNumExamples: 0, features };
}

function asStrings(table: string, columns: readonly FeatureColumn[]): string {
  const replaced = columns.map(({ name, repeated }) => {
    const column = identifier(name);
    return `${repeated ? `arrayMap(number -> toString(number), ${column})` : `toString(${column})`} AS ${column}`;
  });
  return `(SELECT * REPLACE (${replaced.join(", ")}) FROM ${table})`;
}

async function gatherFacts(engine: Engine, table: string, columns: readonly FeatureColumn[]): Promise<ColumnFacts[]> {
  const summaries = await summarize(engine, table, columns);
  const valencies = await rankedBy(engine, columns, (column, index) =>
    valencyRequest(column, summaries[index]!, table),
  );
  const ranked = await rankedBy(engine, columns, (column, index) => numbersRequest(column, summaries[index]!, table));
  const strings = columns.filter(({ kind }) => kind === "bytes");
  const counted = await frequentValues(
    engine,
    strings.map((column) => eachValue(column, table)),
  );
  return columns.map((column, index) => ({
    column,
    summary: summaries[index]!,
    valencies: valencies[index] ?? valenciesOfSingles(summaries[index]!),
    ranked: ranked[index] ?? [],
    frequencies: counted[strings.indexOf(column)] ?? { unique: 0, values: [] },
  }));
}

function eachValue(column: FeatureColumn, table: string): string {
  const sql = columnSql(column);
  return sql.each(sql.raw, table);
}

function numbersRequest(column: FeatureColumn, { numbers }: ColumnSummary, table: string): RankedRequest | undefined {
  if (numbers === undefined) return undefined;
  const sql = columnSql(column);
  return { values: sql.each(sql.numbers, table), count: numbers.count, buckets: fineQuantiles };
}

function valencyRequest(column: FeatureColumn, { valency }: ColumnSummary, table: string): RankedRequest | undefined {
  if (!column.repeated) return undefined;
  const values = `SELECT ${columnSql(column).valency} AS value FROM ${table}`;
  return { values, count: valency.rows, buckets: histogramBuckets };
}

/** Rows of a column that is no list have one value or none, so that no query is needed. */
function valenciesOfSingles({ valency: { rows, total } }: ColumnSummary): RankedValue[] {
  const empty = rows - total;
  const ranked = [
    { value: 0, lower: 0, upper: empty },
    { value: 1, lower: empty, upper: rows },
  ];
  return ranked.filter(({ lower, upper }) => upper > lower);
}

/** Ranks the values of those columns that have a request, all together. */
async function rankedBy(
  engine: Engine,
  columns: readonly FeatureColumn[],
  toRequest: (column: FeatureColumn, index: number) => RankedRequest | undefined,
): Promise<readonly (RankedValue[] | undefined)[]> {
  const requests = columns.map(toRequest);
  const wanted = requests.filter((request) => request !== undefined);
  const ranked = await rankValues(engine, wanted);
  return requests.map((request) => (request === undefined ? undefined : ranked[wanted.indexOf(request)]));
}
