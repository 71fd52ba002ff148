import {
  type CommonStatistics,
  type FeatureNameStatistics,
  FeatureNameStatistics_Type,
  type NumericStatistics,
  type StringStatistics,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import type { FeatureColumn, FeatureKind } from "../../engine/mod.ts";
import { equiWidthHistogram } from "./equi-width-histogram.ts";
import type { Frequencies } from "./frequent-values.ts";
import { coarsen, medianOf, quantilesOf, type RankedValue } from "./quantiles.ts";
import { quantilesHistogram } from "./quantiles-histogram.ts";
import type { ColumnSummary, NumericSummary, ValencySummary } from "./summary.ts";

/** Buckets of every histogram. Source: TFDV's StatsOptions. */
export const histogramBuckets = 10;

/** Quantiles from which a STANDARD histogram is interpolated. Source: TFDV, 100 a bucket. */
export const fineQuantiles = 100 * histogramBuckets;

/** Most frequent values listed. Source: TFDV's num_top_values. */
const topValuesMax = 20;

/** All that is known of a column. */
export interface ColumnFacts {
  readonly column: FeatureColumn;
  readonly summary: ColumnSummary;
  /** Ranked numbers of values a row. */
  readonly valencies: readonly RankedValue[];
  /** Ranked values of a numeric column. */
  readonly ranked: readonly RankedValue[];
  /** Counted values of a string column. */
  readonly frequencies: Frequencies;
}

const statisticsTypes: Readonly<Record<FeatureKind, FeatureNameStatistics_Type>> = {
  int: FeatureNameStatistics_Type.INT,
  float: FeatureNameStatistics_Type.FLOAT,
  bytes: FeatureNameStatistics_Type.STRING,
};

/** A column's statistics as TFDV writes them. */
export function featureStatistics(facts: ColumnFacts): FeatureNameStatistics {
  return {
    fieldId: { $case: "path", value: { step: [facts.column.name] } },
    type: statisticsTypes[facts.column.kind],
    stats:
      facts.column.kind === "bytes"
        ? { $case: "stringStats", value: stringStatistics(facts) }
        : { $case: "numStats", value: numericStatistics(facts) },
  };
}

/**
 * An empty cell is a feature with no values: present, as in the examples that TFX writes. A column without any value
 * is missing, as there, where such a column has no type.
 */
function commonStatistics(valency: ValencySummary, valencies: readonly RankedValue[]): CommonStatistics {
  const { rows, min, max, total } = valency;
  if (total === 0) {
    const nothing = { numNonMissing: 0n, minNumValues: 0n, maxNumValues: 0n, avgNumValues: 0, totNumValues: 0n };
    return { ...nothing, numMissing: BigInt(rows) };
  }
  return {
    numNonMissing: BigInt(rows),
    numMissing: 0n,
    minNumValues: BigInt(min),
    maxNumValues: BigInt(max),
    avgNumValues: Math.fround(total / rows),
    numValuesHistogram: quantilesHistogram(quantilesOf(valencies, histogramBuckets)),
    totNumValues: BigInt(total),
  };
}

function numericStatistics({ column, summary, valencies, ranked }: ColumnFacts): NumericStatistics {
  const commonStats = commonStatistics(summary.valency, valencies);
  const { numbers } = summary;
  if (numbers === undefined || numbers.count === 0) {
    const empty = { mean: 0, stdDev: 0, numZeros: 0n, min: 0, median: 0, max: 0 };
    return { commonStats, ...empty, histograms: onlyNan(summary.valency.total) };
  }
  const quantiles = quantilesOf(ranked, fineQuantiles);
  const numNan = summary.valency.total - numbers.count;
  const standard = equiWidthHistogram(quantiles, {
    finiteMin: numbers.finiteMin,
    finiteMax: numbers.finiteMax,
    positiveInfinities: positiveInfinities(ranked),
    numNan,
    buckets: histogramBuckets,
    round: column.kind === "float" ? Math.fround : (value) => value,
  });
  const byQuantiles = quantilesHistogram(coarsen(quantiles, fineQuantiles / histogramBuckets), numNan);
  return { commonStats, ...moments(numbers), median: medianOf(quantiles), histograms: [standard, byQuantiles] };
}

function moments(numbers: NumericSummary) {
  const { mean, stdDev, zeros, min, max } = numbers;
  return { mean, stdDev, numZeros: BigInt(zeros), min, max };
}

/** Histograms of a column whose values are all NaN; none if it has no values. */
function onlyNan(count: number): NumericStatistics["histograms"] {
  if (count === 0) return [];
  const histogram = quantilesHistogram({ boundaries: [], cumulativeCounts: [] }, count);
  return [{ ...histogram, type: 0 }, histogram];
}

function positiveInfinities(ranked: readonly RankedValue[]): number {
  const last = ranked.at(-1);
  return last?.value === Number.POSITIVE_INFINITY ? last.upper - last.lower : 0;
}

function stringStatistics({ summary, valencies, frequencies }: ColumnFacts): StringStatistics {
  const { total } = summary.valency;
  return {
    commonStats: commonStatistics(summary.valency, valencies),
    unique: BigInt(frequencies.unique),
    topValues: frequencies.values.slice(0, topValuesMax).map(([value, frequency]) => ({ value, frequency })),
    avgLength: total === 0 ? 0 : Math.fround((summary.strings?.bytes ?? 0) / total),
    rankHistogram: { name: "", buckets: frequencies.values.map(rankBucket) },
    vocabularyFile: "",
    invalidUtf8Count: BigInt(summary.strings?.invalidUtf8 ?? 0),
  };
}

function rankBucket([label, sampleCount]: readonly [string, number], rank: number) {
  return { lowRank: BigInt(rank), highRank: BigInt(rank), label, sampleCount };
}
