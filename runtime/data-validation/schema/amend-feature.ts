import { AnomalyInfo_Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import { type Feature, FeatureType } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import {
  type FeatureNameStatistics,
  FeatureNameStatistics_Type,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { deprecate, isDeprecated } from "./deprecation.ts";
import { amendDomain, type DomainAmendment } from "./domain.ts";
import { commonOf, featureTypeOf } from "./feature-view.ts";
import type { Amendment, Finding, StringDomains } from "./finding.ts";
import { amendPresence, isRequired } from "./presence.ts";
import { amendSpecification } from "./specification.ts";
import { amendUniqueness } from "./uniqueness.ts";
import { amendValency } from "./valency.ts";

/**
 * Makes a schema's feature fit statistics, and tells what did not fit: validation takes the findings, an update the
 * feature and the domains.
 * @param numExamples Examples of the dataset.
 * Source: TFDV's Schema::UpdateFeatureInternal, its order of checks included.
 */
export function amendFeature(
  feature: Feature,
  statistics: FeatureNameStatistics,
  domains: StringDomains,
  numExamples: number,
): DomainAmendment {
  const specified = amendSpecification(feature, domains);
  if (isDeprecated(specified.feature)) return { ...specified, domains };
  if (commonOf(statistics).numNonMissing === 0n) return { ...amendAbsent(specified), domains };
  const checks = [
    (subject: Feature) => amendValency(subject, statistics),
    (subject: Feature) => amendPresence(subject, statistics, numExamples),
    (subject: Feature) => amendType(subject, statistics),
  ];
  const physical = checks.reduce(chain, specified);
  const logical = amendDomain(physical.feature, statistics, domains);
  const unique = amendUniqueness(logical.feature, statistics);
  return {
    feature: unique.feature,
    findings: [...physical.findings, ...logical.findings, ...unique.findings],
    domains: logical.domains,
  };
}

function chain(before: Amendment, check: (feature: Feature) => Amendment): Amendment {
  const { feature, findings } = check(before.feature);
  return { feature, findings: [...before.findings, ...findings] };
}

/** A feature that is in the statistics, but in none of the examples. */
function amendAbsent({ feature, findings }: Amendment): Amendment {
  if (!isRequired(feature)) return { feature, findings };
  const finding: Finding = {
    type: AnomalyInfo_Type.FEATURE_TYPE_NOT_PRESENT,
    shortDescription: "Column dropped",
    description: "The feature was not present in any examples.",
  };
  return { feature: deprecate(feature), findings: [...findings, finding] };
}

/** A feature of another type can't be mended, only taken out of validation. */
function amendType(feature: Feature, statistics: FeatureNameStatistics): Amendment {
  if (featureTypeOf(statistics) === feature.type) return { feature, findings: [] };
  const expected = nameOf(FeatureType, feature.type);
  const found = nameOf(FeatureNameStatistics_Type, statistics.type);
  const finding: Finding = {
    type: AnomalyInfo_Type.UNEXPECTED_DATA_TYPE,
    shortDescription: "Unexpected data type",
    description: `Expected data of type: ${expected} but got ${found}`,
  };
  return { feature: deprecate(feature), findings: [finding] };
}

function nameOf(names: Readonly<Record<string, number>>, value: number | undefined): string {
  return Object.keys(names).find((name) => names[name] === value) ?? `unknown(${value})`;
}
