import { AnomalyInfo_Type as Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { BoolDomain, Feature } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import {
  type FeatureNameStatistics,
  FeatureNameStatistics_Type,
  type NumericStatistics,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { numericOf, stringValues } from "./feature-view.ts";
import type { Amendment, Finding } from "./finding.ts";
import { sixDigits } from "./six-digits.ts";

const trueValues: ReadonlySet<string> = new Set(["TRUE", "true", "SET", "set", "1", ""]);
const falseValues: ReadonlySet<string> = new Set(["FALSE", "false", "CLEAR", "clear", "0"]);
const shortDescription = "Non-boolean values";

/** The domain of integers 0 and 1, or of one word for true and one for false; undefined for anything else. */
export function inferBoolDomain(statistics: FeatureNameStatistics): BoolDomain | undefined {
  if (statistics.type === FeatureNameStatistics_Type.INT) {
    const numbers = numericOf(statistics);
    return numbers !== undefined && numbers.min >= 0 && numbers.max === 1 ? {} : undefined;
  }
  const values = stringValues(statistics);
  const trues = values.filter((value) => trueValues.has(value));
  const falses = values.filter((value) => falseValues.has(value));
  if (values.length === 0 || trues.length > 1 || falses.length > 1) return undefined;
  return trues.length + falses.length === values.length ? { trueValue: trues[0], falseValue: falses[0] } : undefined;
}

/** Checks values against a domain of true and false; where they don't fit, the domain becomes what they need. */
export function amendBoolDomain(feature: Feature, domain: BoolDomain, statistics: FeatureNameStatistics): Amendment {
  const numbers = numericOf(statistics);
  if (numbers === undefined) return amendStrings(feature, domain, statistics);
  return statistics.type === FeatureNameStatistics_Type.INT
    ? amendIntegers(feature, numbers)
    : amendFloats(feature, numbers);
}

function amendIntegers(feature: Feature, { min, max }: NumericStatistics): Amendment {
  const low = min < 0;
  if (!low && max <= 1) return { feature, findings: [] };
  const value = { min: BigInt(Math.trunc(min)), max: BigInt(Math.trunc(max)) };
  const finding: Finding = {
    type: low ? Type.BOOL_TYPE_SMALL_INT : Type.BOOL_TYPE_BIG_INT,
    shortDescription,
    description: `Integers (such as ${sixDigits(low ? min : max)}) not in {0, 1}: converting to an integer.`,
  };
  return { feature: { ...feature, domainInfo: { $case: "intDomain", value } }, findings: [finding] };
}

function amendFloats(feature: Feature, { min, max, histograms }: NumericStatistics): Amendment {
  const outside = [min, max].find((bound) => bound !== 0 && bound !== 1);
  const nan = histograms.some(({ numNan }) => numNan > 0n);
  if (outside === undefined && !nan) return { feature, findings: [] };
  const example = outside === undefined ? "NaN" : sixDigits(outside);
  const finding: Finding = {
    type: Type.BOOL_TYPE_UNEXPECTED_FLOAT,
    shortDescription,
    description: `Floats (such as ${example}) not in {0, 1}: converting to float_domain.`,
  };
  return { feature: { ...feature, domainInfo: { $case: "floatDomain", value: { min, max } } }, findings: [finding] };
}

function amendStrings(
  feature: Feature,
  { trueValue, falseValue }: BoolDomain,
  statistics: FeatureNameStatistics,
): Amendment {
  const valid = [trueValue, falseValue].filter((value) => value !== undefined).sort();
  const unexpected = stringValues(statistics).find((value) => !valid.includes(value));
  if (unexpected === undefined) return { feature, findings: [] };
  const listed = valid.length === 0 ? "{}" : `{"${valid.join('", "')}"}`;
  const finding: Finding = {
    type: Type.BOOL_TYPE_UNEXPECTED_STRING,
    shortDescription,
    description: `Saw unexpected value "${unexpected}" instead of ${listed}.`,
  };
  return { feature: { ...feature, domainInfo: undefined }, findings: [finding] };
}
