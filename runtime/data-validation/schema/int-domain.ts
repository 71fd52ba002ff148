import { AnomalyInfo_Type as Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { IntDomain } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import {
  type FeatureNameStatistics,
  FeatureNameStatistics_Type,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { hasInvalidUtf8, numericOf, stringValues } from "./feature-view.ts";
import type { Finding } from "./finding.ts";
import type { AmendedDomain } from "./string-domain.ts";

const integer = /^\s*[+-]?[0-9]+\s*$/;
const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

type IntInterval = { readonly min: bigint; readonly max: bigint };

/** Whether all values are strings that write integers. */
export function isIntDomainCandidate(statistics: FeatureNameStatistics): boolean {
  if (statistics.type !== FeatureNameStatistics_Type.STRING || hasInvalidUtf8(statistics)) return false;
  const interval = intervalOf(statistics);
  return interval !== undefined && typeof interval !== "string";
}

/** Checks integers, or strings that should write integers, against a domain. */
export function amendIntDomain(domain: IntDomain, statistics: FeatureNameStatistics): AmendedDomain<IntDomain> {
  const interval = intervalOf(statistics);
  if (interval === undefined) return { domain, findings: [] };
  if (typeof interval === "string") return { domain: undefined, findings: [notAnInteger(interval)] };
  const findings: Finding[] = [];
  const amended = { ...domain };
  if (domain.min !== undefined && interval.min < domain.min) {
    amended.min = interval.min;
    findings.push(outOfRange(Type.INT_TYPE_SMALL_INT, `Unexpectedly small value: ${interval.min}.`));
  }
  if (domain.max !== undefined && interval.max > domain.max) {
    amended.max = interval.max;
    findings.push(outOfRange(Type.INT_TYPE_BIG_INT, `Unexpectedly large value: ${interval.max}.`));
  }
  return { domain: amended, findings };
}

/**
 * Bounds of the integers, a string that is none, or nothing where there are no integers to be seen. Categorical
 * integers have string statistics.
 */
function intervalOf(statistics: FeatureNameStatistics): IntInterval | string | undefined {
  const numbers = statistics.type === FeatureNameStatistics_Type.INT ? numericOf(statistics) : undefined;
  if (numbers !== undefined) return { min: toInt64(numbers.min), max: toInt64(numbers.max) };
  const values = stringValues(statistics);
  const other = values.find((value) => !isInt64(value));
  if (other !== undefined || values.length === 0) return other;
  const integers = values.map((value) => BigInt(value.trim()));
  return {
    min: integers.reduce((a, b) => (a < b ? a : b)),
    max: integers.reduce((a, b) => (a > b ? a : b)),
  };
}

/** Statistics hold integers as doubles, whose greatest are beyond int64. */
function toInt64(value: number): bigint {
  const truncated = BigInt(Math.trunc(value));
  if (truncated > int64Max) return int64Max;
  return truncated < int64Min ? int64Min : truncated;
}

function isInt64(text: string): boolean {
  if (!integer.test(text)) return false;
  const value = BigInt(text.trim());
  return value >= int64Min && value <= int64Max;
}

function notAnInteger(example: string): Finding {
  return {
    type: Type.INT_TYPE_NOT_INT_STRING,
    shortDescription: "Invalid values",
    description: `String values that were not ints were found, such as "${example}".`,
  };
}

function outOfRange(type: Type, description: string): Finding {
  return { type, shortDescription: "Out-of-range values", description };
}
