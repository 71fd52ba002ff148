import { numberText } from "./number-text.ts";
import {
  checkChanges,
  checkValues,
  type Direction,
  type MetricLookup,
  type ThresholdFailure,
  type Thresholds,
} from "./thresholds.ts";

/** By what a candidate must not be worse than its baseline. */
export interface Comparison {
  readonly metric: string;
  readonly direction: Direction;
  /** How much worse it may be. */
  readonly tolerance: number;
}

/** An anomaly of severity ERROR in the data that the model was made from. */
export interface AnomalyFound {
  readonly split: string;
  readonly feature: string;
  readonly description: string;
}

/** Everything a blessing depends on. */
export interface BlessingCase {
  readonly candidate: MetricLookup;
  /** Undefined for the first model, which is compared with nothing. */
  readonly baseline: MetricLookup | undefined;
  readonly thresholds: Thresholds;
  readonly comparison: Comparison;
  readonly anomalies: readonly AnomalyFound[];
  readonly onAnomalies: "withhold" | "warn";
}

/** Why a blessing was withheld. */
export interface Objection {
  readonly code: ThresholdFailure["code"] | "worse-than-baseline" | "data-anomalies";
  readonly message: string;
}

/** The decision, and a sentence that says why. */
export interface Verdict {
  readonly blessed: boolean;
  readonly objections: readonly Objection[];
  /** Objections that the parameters let pass. */
  readonly warnings: readonly Objection[];
  readonly sentence: string;
}

/** Differences up to this are of floating point, not of models. */
const roundingSlack = 1e-12;

/**
 * Decides whether a model is blessed: it keeps its value thresholds, is not worse than the baseline and keeps the
 * change thresholds against it, and its data had no anomaly of severity ERROR. A first model is only held to values
 * and anomalies. Source: TFX Evaluator (a missing baseline skips change thresholds) and ModelValidator.
 */
export function decideBlessing(given: BlessingCase): Verdict {
  const anomalies = anomalyObjections(given.anomalies);
  const withheld = given.onAnomalies === "withhold" ? anomalies : [];
  const warnings = given.onAnomalies === "warn" ? anomalies : [];
  const ofMetrics = [...checkValues(given.thresholds, given.candidate), ...baselineObjections(given)];
  const objections = [...uniqueMessages(ofMetrics), ...withheld].map(({ code, message }) => ({ code, message }));
  const blessed = objections.length === 0;
  return { blessed, objections, warnings, sentence: sentenceOf(given, objections, warnings) };
}

function baselineObjections({ baseline, candidate, comparison, thresholds }: BlessingCase): Objection[] {
  if (baseline === undefined) return [];
  return [...compare(comparison, candidate, baseline), ...checkChanges(thresholds, candidate, baseline)];
}

function compare(comparison: Comparison, candidate: MetricLookup, baseline: MetricLookup): Objection[] {
  const { metric, direction, tolerance } = comparison;
  const [value, before] = [candidate(metric), baseline(metric)];
  if (value === undefined || before === undefined) {
    const whose = value === undefined ? "the model" : "the baseline";
    return [
      { code: "metric-missing", message: `${metric} could not be computed for ${whose}, so nothing compares them` },
    ];
  }
  const loss = direction === "higher-is-better" ? before - value : value - before;
  if (loss <= tolerance + roundingSlack) return [];
  const side = direction === "higher-is-better" ? "below" : "above";
  const allowed = tolerance === 0 ? "" : `, more than the ${numberText(tolerance)} allowed`;
  const message = `${metric} ${numberText(value)} is ${numberText(loss)} ${side} the baseline's ${numberText(before)}${allowed}`;
  return [{ code: "worse-than-baseline", message }];
}

function anomalyObjections(anomalies: readonly AnomalyFound[]): Objection[] {
  if (anomalies.length === 0) return [];
  const [first] = anomalies;
  const more = anomalies.length === 1 ? "" : ` and ${anomalies.length - 1} more`;
  const message = `the data has anomalies: ${first?.feature} in ${first?.split} (${first?.description})${more}`;
  return [{ code: "data-anomalies", message }];
}

/** A metric without a value fails its value and its change threshold with the same words; once is enough. */
function uniqueMessages(objections: readonly Objection[]): Objection[] {
  return [...new Map(objections.map((objection) => [objection.message, objection])).values()];
}

function sentenceOf(given: BlessingCase, objections: readonly Objection[], warnings: readonly Objection[]): string {
  if (objections.length > 0) return `not blessed: ${objections.map(({ message }) => message).join("; ")}`;
  const despite = warnings.length === 0 ? "" : `, though ${warnings.map(({ message }) => message).join("; ")}`;
  return `blessed: ${acceptance(given)}${despite}`;
}

function acceptance({ candidate, baseline, comparison }: BlessingCase): string {
  const value = candidate(comparison.metric);
  const reached = value === undefined ? "" : `${comparison.metric} ${numberText(value)}`;
  if (baseline === undefined) return `the first model of the pipeline${reached === "" ? "" : `, ${reached}`}`;
  return `${reached} against the baseline's ${numberText(baseline(comparison.metric) ?? Number.NaN)}`;
}
