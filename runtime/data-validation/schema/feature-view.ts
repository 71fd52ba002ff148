import { FeatureType } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import {
  type CommonStatistics,
  type FeatureNameStatistics,
  FeatureNameStatistics_Type,
  type NumericStatistics,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";

/** What stands in statistics for a value that is not UTF-8. */
const notUtf8 = "__BYTES_VALUE__";

const noValues: CommonStatistics = {
  numNonMissing: 0n,
  numMissing: 0n,
  minNumValues: 0n,
  maxNumValues: 0n,
  avgNumValues: 0,
  totNumValues: 0n,
};

/** Names on the way to a feature; one where it is in no struct. */
export function pathOf({ fieldId }: FeatureNameStatistics): readonly string[] {
  if (fieldId === undefined) return [];
  return fieldId.$case === "path" ? fieldId.value.step : [fieldId.value];
}

/** A path as one text: steps joined by dots, steps that have dots or parentheses in parentheses. */
export function serializePath(path: readonly string[]): string {
  return path.map((step) => (/[.()]/.test(step) || step === "" ? `(${step.replaceAll(")", "))")})` : step)).join(".");
}

/** Presence and valency of a feature. */
export function commonOf({ stats }: FeatureNameStatistics): CommonStatistics {
  return stats?.value.commonStats ?? noValues;
}

/** Numeric statistics, if it has any. */
export function numericOf({ stats }: FeatureNameStatistics): NumericStatistics | undefined {
  return stats?.$case === "numStats" ? stats.value : undefined;
}

/** The schema's type for the statistics' type. */
export function featureTypeOf({ type }: FeatureNameStatistics): FeatureType {
  switch (type) {
    case FeatureNameStatistics_Type.INT:
      return FeatureType.INT;
    case FeatureNameStatistics_Type.FLOAT:
      return FeatureType.FLOAT;
    case FeatureNameStatistics_Type.STRUCT:
      return FeatureType.STRUCT;
    default:
      return FeatureType.BYTES;
  }
}

/** The strings that the rank histogram counts, ascending by their bytes. */
export function stringCounts({ stats }: FeatureNameStatistics): readonly (readonly [value: string, count: number])[] {
  if (stats?.$case !== "stringStats") return [];
  const buckets = stats.value.rankHistogram?.buckets ?? [];
  return buckets.map(({ label, sampleCount }) => [label, sampleCount] as const).sort(([a], [b]) => compareBytes(a, b));
}

/** The distinct strings, ascending by their bytes. */
export function stringValues(statistics: FeatureNameStatistics): readonly string[] {
  return stringCounts(statistics).map(([value]) => value);
}

/** Whether values were found that are not UTF-8. */
export function hasInvalidUtf8(statistics: FeatureNameStatistics): boolean {
  const { stats } = statistics;
  if (stats?.$case !== "stringStats") return false;
  return stats.value.invalidUtf8Count > 0n || stringValues(statistics).includes(notUtf8);
}

/** Order of texts by their UTF-8 bytes, as C++ and SQL sort them. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
