import { AnomalyInfo_Type as Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { Feature, FeaturePresence } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import type { FeatureNameStatistics } from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { commonOf } from "./feature-view.ts";
import type { Amendment, Finding } from "./finding.ts";

const shortDescription = "Column dropped";

/** Fraction that allows for a few missing values which a division would hide. Source: TFDV. */
const almostAll = 0.9999;

/** The presence to be expected of a feature that looked like this. */
export function inferPresence(statistics: FeatureNameStatistics): FeaturePresence {
  const { numNonMissing, numMissing } = commonOf(statistics);
  if (numNonMissing === 0n) return { minCount: 0n };
  return numMissing === 0n ? { minFraction: 1, minCount: 1n } : { minCount: 1n };
}

/** Whether a dataset without the feature is an anomaly. */
export function isRequired({ presence }: Feature): boolean {
  return (presence?.minCount ?? 0n) > 0n || (presence?.minFraction ?? 0) > 0;
}

/** Checks number and fraction of the examples that have the feature. */
export function amendPresence(feature: Feature, statistics: FeatureNameStatistics, numExamples: number): Amendment {
  if (feature.presence === undefined) return { feature, findings: [] };
  const presence = { ...feature.presence };
  const findings = [...amendCount(presence, statistics), ...amendFraction(presence, statistics, numExamples)];
  return { feature: { ...feature, presence }, findings };
}

function amendCount(presence: FeaturePresence, statistics: FeatureNameStatistics): Finding[] {
  const { numNonMissing } = commonOf(statistics);
  const { minCount } = presence;
  if (minCount === undefined || numNonMissing >= minCount) return [];
  presence.minCount = numNonMissing;
  const description =
    "The feature was present in fewer examples than expected: " +
    `minimum count = ${minCount}, actual = ${numNonMissing}`;
  return [{ type: Type.FEATURE_TYPE_LOW_NUMBER_PRESENT, shortDescription, description }];
}

function amendFraction(presence: FeaturePresence, statistics: FeatureNameStatistics, numExamples: number): Finding[] {
  const { numNonMissing, numMissing } = commonOf(statistics);
  const { minFraction } = presence;
  if (minFraction === undefined || numExamples === 0) return [];
  const actual = numMissing === 0n ? 1 : Number(numNonMissing) / numExamples;
  if (actual < minFraction) {
    presence.minFraction = actual;
    const description =
      "The feature was present in fewer examples than expected: " +
      `minimum fraction = ${Math.fround(minFraction).toFixed(6)}, actual = ${actual.toFixed(6)}`;
    return [{ type: Type.FEATURE_TYPE_LOW_FRACTION_PRESENT, shortDescription, description }];
  }
  if (minFraction !== 1 || numMissing === 0n) return [];
  presence.minFraction = almostAll;
  const description = `The feature was expected everywhere, but was missing in ${numMissing} examples.`;
  return [{ type: Type.FEATURE_TYPE_LOW_FRACTION_PRESENT, shortDescription, description }];
}
