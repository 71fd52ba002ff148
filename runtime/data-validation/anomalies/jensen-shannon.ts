import {
  type FeatureNameStatistics,
  type Histogram,
  Histogram_HistogramType,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { numericOf, stringCounts } from "../schema/feature-view.ts";

/** Masses by cell: a string, a single number, NaN, or an interval between neighbouring edges. */
type Masses = ReadonlyMap<string, number>;

/**
 * The Jensen-Shannon divergence of two features' distributions, logarithm to base 2: 0 where equal, 1 where apart.
 *
 * Strings are compared by value; numbers by their STANDARD histograms, cut at the edges of both, values taken to be
 * spread evenly inside a bucket, single values and infinities kept as such.
 * @returns Undefined where a feature has no values, or no histogram.
 * Source: TFDV's metrics.
 */
export function jensenShannonDivergence(a: FeatureNameStatistics, b: FeatureNameStatistics): number | undefined {
  const masses = stringMasses(a, b) ?? numberMasses(a, b);
  if (masses === undefined) return undefined;
  const [p, q] = masses.map(normalize);
  if (p === undefined || q === undefined) return undefined;
  const cells = [...new Set([...p.keys(), ...q.keys()])];
  const sum = cells.reduce((total, cell) => {
    const [x, y] = [p.get(cell) ?? 0, q.get(cell) ?? 0];
    return total + divergenceAt(x, (x + y) / 2) + divergenceAt(y, (x + y) / 2);
  }, 0);
  return Math.min(1, sum / 2);
}

function divergenceAt(mass: number, mean: number): number {
  return mass > 0 ? mass * Math.log2(mass / mean) : 0;
}

function normalize(masses: Masses): Masses | undefined {
  const total = [...masses.values()].reduce((sum, mass) => sum + mass, 0);
  if (total === 0) return undefined;
  return new Map([...masses].map(([cell, mass]) => [cell, mass / total]));
}

function stringMasses(a: FeatureNameStatistics, b: FeatureNameStatistics): readonly Masses[] | undefined {
  if (a.stats?.$case !== "stringStats" || b.stats?.$case !== "stringStats") return undefined;
  return [new Map(stringCounts(a)), new Map(stringCounts(b))];
}

function numberMasses(a: FeatureNameStatistics, b: FeatureNameStatistics): readonly Masses[] | undefined {
  const [first, second] = [standardHistogram(a), standardHistogram(b)];
  if (first === undefined || second === undefined) return undefined;
  const edges = [...new Set([...edgesOf(first), ...edgesOf(second)])].sort((x, y) => x - y);
  return [cutAt(first, edges), cutAt(second, edges)];
}

function standardHistogram(feature: FeatureNameStatistics): Histogram | undefined {
  return numericOf(feature)?.histograms.find(({ type }) => type === Histogram_HistogramType.STANDARD);
}

function edgesOf({ buckets }: Histogram): readonly number[] {
  return buckets.flatMap(({ lowValue, highValue }) => [lowValue, highValue]);
}

/** Spreads the buckets' counts over cells between neighbouring edges. */
function cutAt({ buckets, numNan }: Histogram, edges: readonly number[]): Masses {
  const masses = new Map<string, number>();
  const add = (cell: string, mass: number) => masses.set(cell, (masses.get(cell) ?? 0) + mass);
  if (numNan > 0n) add("nan", Number(numNan));
  for (const { lowValue, highValue, sampleCount } of buckets) {
    if (lowValue === highValue) {
      add(`at ${lowValue}`, sampleCount);
      continue;
    }
    for (let index = edges.indexOf(lowValue); edges[index]! < highValue; index++) {
      const width = edges[index + 1]! - edges[index]!;
      add(`from ${edges[index]}`, (width / (highValue - lowValue)) * sampleCount);
    }
  }
  return masses;
}
