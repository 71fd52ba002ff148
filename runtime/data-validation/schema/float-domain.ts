import { AnomalyInfo_Type as Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { FloatDomain } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import {
  type FeatureNameStatistics,
  FeatureNameStatistics_Type,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { numericOf, stringValues } from "./feature-view.ts";
import type { Finding } from "./finding.ts";
import { sixDigits } from "./six-digits.ts";
import type { AmendedDomain } from "./string-domain.ts";

const decimal = /^\s*[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity|nan)\s*$/i;

type FloatInterval = { readonly min: number; readonly max: number };

/** Checks floats, or strings that should write floats, against a domain. */
export function amendFloatDomain(domain: FloatDomain, statistics: FeatureNameStatistics): AmendedDomain<FloatDomain> {
  const amended = { ...domain };
  const findings = amendNan(amended, statistics);
  const interval = intervalOf(statistics);
  if (interval === undefined) return { domain: amended, findings };
  if (typeof interval === "string") return { domain: undefined, findings: [...findings, notAFloat(interval)] };
  return { domain: amended, findings: [...findings, ...amendRange(amended, interval), ...amendInf(amended, interval)] };
}

function amendRange(domain: FloatDomain, interval: FloatInterval): Finding[] {
  const { min, max } = domain;
  const findings: Finding[] = [];
  const shortDescription = "Out-of-range values";
  if (min !== undefined && interval.min < min) {
    domain.min = interval.min;
    const compared = `${sixDigits(interval.min)}<${sixDigits(min)}`;
    const description = `Unexpectedly low values: ${compared}(upto six significant digits)`;
    findings.push({ type: Type.FLOAT_TYPE_SMALL_FLOAT, shortDescription, description });
  }
  if (max !== undefined && interval.max > max) {
    domain.max = interval.max;
    const compared = `${sixDigits(interval.max)}>${sixDigits(max)}`;
    const description = `Unexpectedly high value: ${compared}(upto six significant digits)`;
    findings.push({ type: Type.FLOAT_TYPE_BIG_FLOAT, shortDescription, description });
  }
  return findings;
}

function amendInf(domain: FloatDomain, { min, max }: FloatInterval): Finding[] {
  if (domain.disallowInf !== true || (Number.isFinite(min) && Number.isFinite(max))) return [];
  domain.disallowInf = false;
  return [invalid(Type.FLOAT_TYPE_HAS_INF, "Float feature has Inf values.")];
}

function amendNan(domain: FloatDomain, statistics: FeatureNameStatistics): Finding[] {
  if (domain.disallowNan !== true) return [];
  const inNumbers = numericOf(statistics)?.histograms.some(({ numNan }) => numNan > 0n) ?? false;
  const inStrings = stringValues(statistics).some((value) => /^[+-]?nan$/i.test(value.trim()));
  if (!inNumbers && !inStrings) return [];
  domain.disallowNan = false;
  return [invalid(Type.FLOAT_TYPE_HAS_NAN, "Float feature has NaN values.")];
}

/** Bounds of the floats, a string that is none, or nothing where there are no floats to be seen. */
function intervalOf(statistics: FeatureNameStatistics): FloatInterval | string | undefined {
  if (statistics.type === FeatureNameStatistics_Type.FLOAT) {
    const numbers = numericOf(statistics);
    return numbers && { min: Math.fround(numbers.min), max: Math.fround(numbers.max) };
  }
  const values = stringValues(statistics);
  const other = values.find((value) => !decimal.test(value));
  if (other !== undefined || values.length === 0) return other;
  const floats = values.map(toFloat).filter((value) => !Number.isNaN(value));
  return floats.length === 0 ? undefined : { min: least(floats), max: greatest(floats) };
}

function toFloat(text: string): number {
  const word = text.trim().replace(/^\+/, "");
  if (/^-?inf/i.test(word)) return word.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Math.fround(Number(word));
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b));
}

function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}

function notAFloat(example: string): Finding {
  return invalid(
    Type.FLOAT_TYPE_STRING_NOT_FLOAT,
    `String values that were not floats were found, such as "${example}".`,
  );
}

function invalid(type: Type, description: string): Finding {
  return { type, shortDescription: "Invalid values", description };
}
