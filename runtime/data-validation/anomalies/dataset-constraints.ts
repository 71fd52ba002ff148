import { AnomalyInfo_Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { DatasetConstraints, NumericValueComparator } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import type { DatasetFeatureStatistics } from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import type { Finding } from "../schema/finding.ts";
import { sixDigits } from "../schema/six-digits.ts";

/**
 * Checks the number of examples against its bounds, and against that of the span before.
 * Source: TFDV's dataset_constraints_util.
 */
export function checkDataset(
  constraints: DatasetConstraints | undefined,
  { numExamples }: DatasetFeatureStatistics,
  previous: DatasetFeatureStatistics | undefined,
): readonly Finding[] {
  if (constraints === undefined) return [];
  const { numExamplesDriftComparator: comparator } = constraints;
  const compared =
    comparator === undefined || previous === undefined
      ? []
      : checkRatio(comparator, Number(numExamples), Number(previous.numExamples));
  return [...compared, ...checkCount(constraints, numExamples)];
}

function checkCount({ minExamplesCount: min, maxExamplesCount: max }: DatasetConstraints, count: bigint): Finding[] {
  const findings: Finding[] = [];
  if (min !== undefined && count < min) {
    findings.push({
      type: AnomalyInfo_Type.DATASET_LOW_NUM_EXAMPLES,
      shortDescription: "Low num examples in dataset.",
      description: `The dataset has ${sixDigits(Number(count))} examples, which is fewer than expected.`,
    });
  }
  if (max !== undefined && count > max) {
    findings.push({
      type: AnomalyInfo_Type.DATASET_HIGH_NUM_EXAMPLES,
      shortDescription: "High num examples in dataset.",
      description: `The dataset has ${sixDigits(Number(count))} examples, which is more than expected.`,
    });
  }
  return findings;
}

function checkRatio(comparator: NumericValueComparator, count: number, previous: number): Finding[] {
  const { minFractionThreshold: min, maxFractionThreshold: max } = comparator;
  if (previous === 0) return max === undefined ? [] : [previousEmpty];
  const ratio = count / previous;
  if (max !== undefined && ratio > max) return [ratioFinding("High", ratio, "above", max)];
  if (min !== undefined && ratio < min) return [ratioFinding("Low", ratio, "below", min)];
  return [];
}

const previousEmpty: Finding = {
  type: AnomalyInfo_Type.COMPARATOR_HIGH_NUM_EXAMPLES,
  shortDescription: "High num examples in current dataset versus the previous span, which has 0.",
  description:
    "The previous span has 0 examples, so there is a high number of examples in the current dataset versus the " +
    "previous span.",
};

function ratioFinding(size: "High" | "Low", ratio: number, side: "above" | "below", threshold: number): Finding {
  return {
    type:
      size === "High" ? AnomalyInfo_Type.COMPARATOR_HIGH_NUM_EXAMPLES : AnomalyInfo_Type.COMPARATOR_LOW_NUM_EXAMPLES,
    shortDescription: `${size} num examples in current dataset versus the previous span.`,
    description:
      `The ratio of num examples in the current dataset versus the previous span is ${sixDigits(ratio)} ` +
      `(up to six significant digits), which is ${side} the threshold ${sixDigits(threshold)}.`,
  };
}
