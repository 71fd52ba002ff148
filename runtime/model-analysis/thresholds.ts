import { numberText } from "./number-text.ts";

/** Whether more of a metric is better. */
export type Direction = "higher-is-better" | "lower-is-better";

/** Bounds of a metric's change against the baseline. Source: TFMA GenericChangeThreshold. */
export interface ChangeThreshold {
  readonly direction: Direction;
  /** Least (higher-is-better) or greatest difference to the baseline. */
  readonly absolute?: number | undefined;
  /** The same for the difference divided by the baseline. */
  readonly relative?: number | undefined;
}

/** Bounds of one metric, all inclusive. Source: TFMA MetricThreshold. */
export interface MetricThreshold {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly change?: ChangeThreshold | undefined;
}

/** Thresholds by metric name (`accuracy`, `recall/Gentoo`), of the overall slice. */
export type Thresholds = Readonly<Record<string, MetricThreshold>>;

/** A threshold that isn't met, and why in half a sentence. */
export interface ThresholdFailure {
  readonly code: "metric-missing" | "below-minimum" | "above-maximum" | "change-out-of-bounds";
  readonly metric: string;
  readonly value: number | null;
  readonly baseline: number | null;
  readonly message: string;
}

/** A model's metrics by name. */
export type MetricLookup = (name: string) => number | undefined;

/**
 * Checks the value thresholds. A metric that is missing or no number fails.
 * Source: TFMA metrics_validator, value thresholds.
 */
export function checkValues(thresholds: Thresholds, candidate: MetricLookup): ThresholdFailure[] {
  return Object.entries(thresholds).flatMap(([metric, threshold]) => {
    const value = candidate(metric);
    if (value === undefined || Number.isNaN(value)) return [missing(metric, "the model")];
    return [below(metric, value, threshold.min), above(metric, value, threshold.max)].filter((f) => f !== undefined);
  });
}

/**
 * Checks the change thresholds. The difference must keep within `absolute` **and** its ratio to the baseline within
 * `relative`; against a baseline of zero there is no ratio, and the check fails.
 * Source: TFMA metrics_validator, change thresholds.
 */
export function checkChanges(
  thresholds: Thresholds,
  candidate: MetricLookup,
  baseline: MetricLookup,
): ThresholdFailure[] {
  return Object.entries(thresholds).flatMap(([metric, { change }]) => {
    if (change === undefined) return [];
    const [value, before] = [candidate(metric), baseline(metric)];
    if (value === undefined || Number.isNaN(value)) return [missing(metric, "the model")];
    if (before === undefined || Number.isNaN(before)) return [missing(metric, "the baseline")];
    return changeKept(change, value, before) ? [] : [changed(metric, change, value, before)];
  });
}

function changeKept(change: ChangeThreshold, value: number, baseline: number): boolean {
  const difference = value - baseline;
  const ratio = baseline === 0 ? Number.NaN : difference / baseline;
  if (change.direction === "higher-is-better") {
    return difference >= (change.absolute ?? -Infinity) && ratio >= (change.relative ?? -Infinity);
  }
  return difference <= (change.absolute ?? Infinity) && ratio <= (change.relative ?? Infinity);
}

function missing(metric: string, whose: string): ThresholdFailure {
  const message = `${metric} has a threshold but could not be computed for ${whose}`;
  return { code: "metric-missing", metric, value: null, baseline: null, message };
}

function below(metric: string, value: number, min: number | undefined): ThresholdFailure | undefined {
  if (min === undefined || value >= min) return undefined;
  const message = `${metric} ${numberText(value)} is below the minimum ${numberText(min)}`;
  return { code: "below-minimum", metric, value, baseline: null, message };
}

function above(metric: string, value: number, max: number | undefined): ThresholdFailure | undefined {
  if (max === undefined || value <= max) return undefined;
  const message = `${metric} ${numberText(value)} is above the maximum ${numberText(max)}`;
  return { code: "above-maximum", metric, value, baseline: null, message };
}

function changed(metric: string, change: ChangeThreshold, value: number, baseline: number): ThresholdFailure {
  const bounds = [
    change.absolute === undefined ? [] : [`absolute ${numberText(change.absolute)}`],
    change.relative === undefined ? [] : [`relative ${numberText(change.relative)}`],
  ].flat();
  const limits = bounds.length === 0 ? "a baseline other than 0" : bounds.join(", ");
  const message =
    `${metric} ${numberText(value)} against the baseline's ${numberText(baseline)} ` +
    `is outside the allowed change (${change.direction}: ${limits})`;
  return { code: "change-out-of-bounds", metric, value, baseline, message };
}
