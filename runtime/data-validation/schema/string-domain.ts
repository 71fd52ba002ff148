import { AnomalyInfo_Type as Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { StringDomain } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import type { FeatureNameStatistics } from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { escapeText } from "../text-format/quoted.ts";
import { commonOf, hasInvalidUtf8, stringCounts, stringValues } from "./feature-view.ts";
import type { Finding } from "./finding.ts";

/** Most values that a domain may grow to before it is taken for none. Source: TFDV's enum_delete_threshold. */
const domainValuesMax = 400;

/** A domain made to fit; undefined where there can be none. */
export interface AmendedDomain<Domain> {
  readonly domain: Domain | undefined;
  readonly findings: readonly Finding[];
}

/** Whether strings are few enough to be taken for all that there may be. */
export function isStringDomainCandidate(statistics: FeatureNameStatistics, valuesMax: number): boolean {
  const values = stringValues(statistics);
  return !hasInvalidUtf8(statistics) && values.length > 0 && values.length <= valuesMax;
}

/**
 * Checks strings against a domain.
 * @param minDomainMass Least fraction of the values that must be in it.
 */
export function amendStringDomain(
  domain: StringDomain,
  statistics: FeatureNameStatistics,
  minDomainMass: number,
): AmendedDomain<StringDomain> {
  if (hasInvalidUtf8(statistics)) return { domain: undefined, findings: [invalidUtf8] };
  const known = new Set(domain.value);
  const missing = stringCounts(statistics).filter(([value]) => !known.has(value));
  const total = Number(commonOf(statistics).totNumValues);
  const missingCount = missing.reduce((sum, [, count]) => sum + count, 0);
  const tolerated = minDomainMass === 1 ? missing.length === 0 : (total - missingCount) / total >= minDomainMass;
  if (tolerated) return { domain, findings: [] };
  const amended = { ...domain, value: [...domain.value, ...missing.map(([value]) => value)] };
  const findings = [unexpected(missing, total)];
  if (amended.value.length < domainValuesMax) return { domain: amended, findings };
  return { domain: undefined, findings: [...findings, tooLarge(amended.value.length)] };
}

const invalidUtf8: Finding = {
  type: Type.ENUM_TYPE_INVALID_UTF8,
  shortDescription: "Invalid UTF8 strings",
  description: "Found strings that were not valid UTF8 strings.",
};

function unexpected(missing: readonly (readonly [string, number])[], total: number): Finding {
  const listed = missing.map(([value, count]) => `${escapeText(value)} (${percentage(count, total)})`).join(", ");
  return {
    type: Type.ENUM_TYPE_UNEXPECTED_STRING_VALUES,
    shortDescription: "Unexpected string values",
    description: `Examples contain values missing from the schema: ${listed}. `,
  };
}

function tooLarge(size: number): Finding {
  return {
    type: Type.INVALID_DOMAIN_SPECIFICATION,
    shortDescription: "String domain has too many values",
    description: `String domain has too many values (${size}).`,
  };
}

function percentage(count: number, total: number): string {
  if (total === 0) return "?";
  const percent = (100 * count) / total;
  return percent < 1 ? "<1%" : `~${Math.floor(percent)}%`;
}
