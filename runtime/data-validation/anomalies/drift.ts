import {
  AnomalyInfo_Type,
  type DriftSkewInfo_Measurement,
  DriftSkewInfo_Measurement_Type,
} from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { Feature, FeatureComparator } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import type {
  DatasetFeatureStatistics,
  FeatureNameStatistics,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { pathOf, serializePath } from "../schema/feature-view.ts";
import type { Finding } from "../schema/finding.ts";
import { sixDigits } from "../schema/six-digits.ts";
import { jensenShannonDivergence } from "./jensen-shannon.ts";
import { lInfinityDistance } from "./l-infinity.ts";

/** Statistics that others are compared with. */
export interface ControlStatistics {
  /** Of the span before: drift. */
  readonly previous?: DatasetFeatureStatistics | undefined;
  /** Of serving data: skew. */
  readonly serving?: DatasetFeatureStatistics | undefined;
}

/** Distances of a feature, and those that are too great. */
export interface Comparison {
  readonly findings: readonly Finding[];
  readonly drift: readonly DriftSkewInfo_Measurement[];
  readonly skew: readonly DriftSkewInfo_Measurement[];
}

interface Measured {
  readonly findings: readonly Finding[];
  readonly measurements: readonly DriftSkewInfo_Measurement[];
}

interface Names {
  readonly control: string;
  readonly treatment: string;
}

const nothing: Measured = { findings: [], measurements: [] };

/** Compares a feature's distribution with the span before and with serving data, as far as its schema asks for it. */
export function compareFeature(
  feature: Feature,
  statistics: FeatureNameStatistics,
  { previous, serving }: ControlStatistics,
): Comparison {
  const drift = measure(feature.driftComparator, statistics, previous, { control: "previous", treatment: "current" });
  const skew = measure(feature.skewComparator, statistics, serving, { control: "serving", treatment: "training" });
  return {
    findings: [...drift.findings, ...skew.findings],
    drift: drift.measurements,
    skew: skew.measurements,
  };
}

function measure(
  comparator: FeatureComparator | undefined,
  statistics: FeatureNameStatistics,
  controls: DatasetFeatureStatistics | undefined,
  names: Names,
): Measured {
  const lInfinity = comparator?.infinityNorm?.threshold;
  const divergence = comparator?.jensenShannonDivergence?.threshold;
  if (controls === undefined || (lInfinity === undefined && divergence === undefined)) return nothing;
  const path = serializePath(pathOf(statistics));
  const control = controls.features.find((feature) => serializePath(pathOf(feature)) === path);
  if (control === undefined) return { findings: [controlMissing(names)], measurements: [] };
  const results = [
    lInfinity === undefined ? nothing : measureLInfinity(statistics, control, lInfinity, names),
    divergence === undefined ? nothing : measureDivergence(statistics, control, divergence, names),
  ];
  return {
    findings: results.flatMap(({ findings }) => findings),
    measurements: results.flatMap(({ measurements }) => measurements),
  };
}

function measureLInfinity(
  statistics: FeatureNameStatistics,
  control: FeatureNameStatistics,
  threshold: number,
  names: Names,
): Measured {
  const { value, distance } = lInfinityDistance(statistics, control);
  const measurement = { type: DriftSkewInfo_Measurement_Type.L_INFTY, value: distance, threshold };
  if (distance <= threshold) return { findings: [], measurements: [measurement] };
  const between = `between ${names.treatment} and ${names.control}`;
  const finding = {
    type: AnomalyInfo_Type.COMPARATOR_L_INFTY_HIGH,
    shortDescription: `High Linfty distance ${between}`,
    description:
      `The Linfty distance ${between} is ${above(distance, threshold)}. ` +
      `The feature value with maximum difference is: ${value}`,
  };
  return { findings: [finding], measurements: [measurement] };
}

function measureDivergence(
  statistics: FeatureNameStatistics,
  control: FeatureNameStatistics,
  threshold: number,
  names: Names,
): Measured {
  const value = jensenShannonDivergence(statistics, control);
  if (value === undefined) return nothing;
  const measurement = { type: DriftSkewInfo_Measurement_Type.JENSEN_SHANNON_DIVERGENCE, value, threshold };
  if (value <= threshold) return { findings: [], measurements: [measurement] };
  const between = `approximate Jensen-Shannon divergence between ${names.treatment} and ${names.control}`;
  const finding = {
    type: AnomalyInfo_Type.COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH,
    shortDescription: `High ${between}`,
    description: `The ${between} is ${above(value, threshold)}.`,
  };
  return { findings: [finding], measurements: [measurement] };
}

function above(value: number, threshold: number): string {
  return `${sixDigits(value)} (up to six significant digits), above the threshold ${sixDigits(threshold)}`;
}

function controlMissing({ control }: Names): Finding {
  return {
    type: AnomalyInfo_Type.COMPARATOR_CONTROL_DATA_MISSING,
    shortDescription: `${control} data missing`,
    description: `${control} data is missing.`,
  };
}
