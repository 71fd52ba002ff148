import type {
  DatasetFeatureStatistics,
  FeatureNameStatistics,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";

/** A feature's statistics by name: numbers, and texts such as its most frequent value. */
export type Statistics = Readonly<Record<string, number | string>>;

/** Statistics by feature; those of the dataset itself are under the empty name. */
export type FeatureValues = ReadonlyMap<string, Statistics>;

/** The statistics of a dataset as named values, histograms left out. Pure. */
export function featureValues({ numExamples, features }: DatasetFeatureStatistics): FeatureValues {
  const dataset: readonly [string, Statistics] = ["", { numExamples: Number(numExamples) }];
  return new Map([dataset, ...features.map((feature) => [nameOf(feature), valuesOf(feature)] as const)]);
}

function nameOf({ fieldId }: FeatureNameStatistics): string {
  if (fieldId?.$case === "path") return fieldId.value.step.join("/");
  return fieldId?.value ?? "";
}

function valuesOf({ stats }: FeatureNameStatistics): Statistics {
  const values: Record<string, number | string> = { kind: stats?.$case.replace("Stats", "") ?? "" };
  if (stats?.$case === "stringStats") values["topValue"] = stats.value.topValues[0]?.value ?? "";
  collect(stats?.value ?? {}, values);
  return values;
}

/** Numbers of a message and of the messages in it, by their own names. */
function collect(message: object, into: Record<string, number | string>): void {
  for (const [name, value] of Object.entries(message) as [string, unknown][]) {
    if (typeof value === "number" || typeof value === "bigint") into[name] = finite(Number(value));
    else if (name === "commonStats" && typeof value === "object" && value !== null) collect(value, into);
  }
}

/** NaN and infinities are no JSON, so they go by their names. */
function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
