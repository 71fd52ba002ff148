import { AnomalyInfo_Type as Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { Feature, ValueCount } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import type { FeatureNameStatistics } from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { commonOf } from "./feature-view.ts";
import type { Amendment, Finding } from "./finding.ts";

type ShapeType = Feature["shapeType"];

/**
 * The number of values to be expected of a feature that looked like this: a shape if asked for and constant, else
 * limits; nothing where some examples have no value.
 */
export function inferShapeType(statistics: FeatureNameStatistics, inferShape: boolean): ShapeType {
  const { numNonMissing, numMissing, minNumValues: min, maxNumValues: max } = commonOf(statistics);
  if (numNonMissing === 0n || min === 0n) return undefined;
  if (inferShape && numMissing === 0n && min === max) return { $case: "shape", value: { dim: [{ size: min }] } };
  return { $case: "valueCount", value: min === max ? { min, max } : { min: 1n } };
}

/** Checks the number of values of an example. */
export function amendValency(feature: Feature, statistics: FeatureNameStatistics): Amendment {
  switch (feature.shapeType?.$case) {
    case "valueCount":
      return amendValueCount(feature, feature.shapeType.value, statistics);
    case "shape":
      return amendShape(feature, statistics);
    case "valueCounts":
      return amendNesting(feature, feature.shapeType.value.valueCount.length, statistics);
    default:
      return { feature, findings: [] };
  }
}

function amendValueCount(feature: Feature, { min, max }: ValueCount, statistics: FeatureNameStatistics): Amendment {
  const { minNumValues: fewest, maxNumValues: most } = commonOf(statistics);
  const findings: Finding[] = [];
  const value: ValueCount = { min, max };
  if (min !== undefined && fewest < min) {
    value.min = fewest === 0n ? undefined : fewest;
    findings.push({
      type: Type.FEATURE_TYPE_LOW_NUMBER_VALUES,
      shortDescription: "Missing values",
      description: "Some examples have fewer values than expected.",
    });
  }
  if (max !== undefined && most > max) {
    value.max = most;
    findings.push({
      type: Type.FEATURE_TYPE_HIGH_NUMBER_VALUES,
      shortDescription: "Superfluous values",
      description: "Some examples have more values than expected.",
    });
  }
  return { feature: { ...feature, shapeType: { $case: "valueCount", value } }, findings };
}

function amendShape(feature: Feature, statistics: FeatureNameStatistics): Amendment {
  if (feature.shapeType?.$case !== "shape") return { feature, findings: [] };
  const { minNumValues: min, maxNumValues: max, numMissing } = commonOf(statistics);
  const expected = feature.shapeType.value.dim.reduce((product, { size }) => product * (size ?? 0n), 1n);
  const varies = min !== max || min === 0n || numMissing !== 0n;
  if (!varies && min === expected) return { feature, findings: [] };
  const description = varies
    ? "The feature has a shape, but it's not always present (if the feature is nested, then it should always be " +
      "present at each nested level) or its value lengths vary."
    : `The feature has fixed value length ${min} but it's not compatible with the specified shape.`;
  const finding = { type: Type.INVALID_FEATURE_SHAPE, shortDescription: "Feature shape dropped", description };
  return { feature: { ...feature, shapeType: undefined }, findings: [finding] };
}

/** Our statistics have one level of values. */
function amendNesting(feature: Feature, levels: number, statistics: FeatureNameStatistics): Amendment {
  if (levels === 1) return { feature, findings: [] };
  const finding = {
    type: Type.VALUE_NESTEDNESS_MISMATCH,
    shortDescription: "Mismatched value nest level",
    description: "The values have a different nest level than expected. Value counts will not be checked.",
  };
  return { feature: { ...feature, shapeType: inferShapeType(statistics, false) }, findings: [finding] };
}
