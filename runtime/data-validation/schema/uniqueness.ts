import { AnomalyInfo_Type as Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { Feature } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import type { FeatureNameStatistics } from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import type { Amendment, Finding } from "./finding.ts";

/** Checks the number of distinct values. */
export function amendUniqueness(feature: Feature, { stats }: FeatureNameStatistics): Amendment {
  const constraints = feature.uniqueConstraints;
  if (constraints === undefined) return { feature, findings: [] };
  if (stats?.$case !== "stringStats") {
    return { feature: { ...feature, uniqueConstraints: undefined }, findings: [notCounted] };
  }
  const { min = 0n, max = 0n } = constraints;
  const { unique } = stats.value;
  const findings: Finding[] = [];
  if (unique < min) {
    const description = `Expected at least ${min} unique values but found only ${unique}.`;
    const shortDescription = "Low number of unique values";
    findings.push({ type: Type.FEATURE_TYPE_LOW_UNIQUE, shortDescription, description });
  }
  if (unique > max) {
    const description = `Expected no more than ${max} unique values but found ${unique}.`;
    const shortDescription = "High number of unique values";
    findings.push({ type: Type.FEATURE_TYPE_HIGH_UNIQUE, shortDescription, description });
  }
  const uniqueConstraints = {
    min: unique < min ? unique : constraints.min,
    max: unique > max ? unique : constraints.max,
  };
  return { feature: { ...feature, uniqueConstraints }, findings };
}

const notCounted: Finding = {
  type: Type.FEATURE_TYPE_NO_UNIQUE,
  shortDescription: "No unique values",
  description:
    "UniqueConstraints specified for the feature, but unique values were not counted (i.e., feature is not string " +
    "or categorical).",
};
