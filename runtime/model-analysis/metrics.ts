import type { Engine } from "../engine/mod.ts";
import { calibrationBySlice, type CalibrationBucket } from "./calibration.ts";
import { classMetricsBySlice, type ClassMetrics, type ClassRow } from "./class-metrics.ts";
import { confusionBySlice } from "./confusion-matrix.ts";
import type { Predictions } from "./predictions.ts";
import { compareSlices, type SliceKey, type SlicingSpec } from "./slice.ts";
import { totalsBySlice, type Totals } from "./totals.ts";

/** Metrics over all classes by name; one that can't be computed is absent. */
export type MetricValues = Readonly<Record<string, number>>;

/** A cell of the confusion matrix; `label` is null for labels that the model doesn't know. */
export interface ConfusionEntry {
  readonly label: string | null;
  readonly predicted: string;
  readonly count: number;
}

/** Everything computed for one slice; classes by name. */
export interface SliceMetrics {
  readonly slice: SliceKey;
  readonly metrics: MetricValues;
  readonly classes: Readonly<Record<string, MetricValues>>;
  readonly confusionMatrix: readonly ConfusionEntry[];
  readonly calibrationBuckets: Readonly<Record<string, readonly CalibrationBucket[]>>;
}

/**
 * Metrics of a table of predictions, overall and by slice.
 *
 * @returns The overall slice first, then sorted; a spec whose features are missing everywhere gives none.
 * @throws {Terminal} `too-many-slices`; `prediction-not-finite`.
 */
export async function computeMetrics(
  engine: Engine,
  predictions: Predictions,
  specs: readonly SlicingSpec[],
): Promise<SliceMetrics[]> {
  const slices: SliceMetrics[] = [];
  for (const spec of specs) slices.push(...(await metricsOfSpec(engine, predictions, spec)));
  return slices.sort((a, b) => compareSlices(a.slice, b.slice));
}

async function metricsOfSpec(engine: Engine, predictions: Predictions, spec: SlicingSpec): Promise<SliceMetrics[]> {
  const totals = await totalsBySlice(engine, predictions, spec);
  const classes = groupBySlice(await classMetricsBySlice(engine, predictions, spec));
  const confusion = groupBySlice(await confusionBySlice(engine, predictions, spec));
  const calibration = groupBySlice(await calibrationBySlice(engine, predictions, spec));
  const nameOf = (index: number): string => predictions.classes[index] ?? String(index);
  return totals.map((total) => {
    const key = JSON.stringify(total.slice);
    const rows = classes.get(key) ?? [];
    return {
      slice: spec.map((feature, position) => [feature, total.slice[position] ?? ""]),
      metrics: { ...totalValues(total), ...macroAverages(rows) },
      classes: Object.fromEntries(rows.map((row) => [nameOf(row.class), classValues(row)])),
      confusionMatrix: (confusion.get(key) ?? []).map(({ label, predicted, count }) => ({
        label: label < 0 ? null : nameOf(label),
        predicted: nameOf(predicted),
        count,
      })),
      calibrationBuckets: Object.fromEntries(
        rows.map((row) => [
          nameOf(row.class),
          (calibration.get(key) ?? [])
            .filter((bucket) => bucket.class === row.class)
            .map(({ slice: _slice, class: _class, ...bucket }) => bucket),
        ]),
      ),
    };
  });
}

function groupBySlice<Row extends { readonly slice: readonly string[] }>(rows: readonly Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => JSON.stringify(row.slice));
}

function totalValues({ slice: _slice, ...values }: Totals): MetricValues {
  return computed(values);
}

function classValues({ slice: _slice, class: _class, ...values }: ClassRow): MetricValues {
  return computed(values);
}

/** Leaves out what couldn't be computed (null). */
function computed(values: Readonly<Record<string, number | null>>): MetricValues {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null));
}

const averaged = ["auc", "auc_pr", "precision", "recall"] as const satisfies readonly (keyof ClassMetrics)[];

/**
 * Averages over the classes, each of equal weight. Unlike TFMA's macro average, classes that don't occur in the slice
 * are left out, since their zeros say nothing of the model; where no class can be measured it is 0, as there.
 */
function macroAverages(rows: readonly ClassRow[]): MetricValues {
  const present = rows.filter((row) => row.mean_label > 0);
  return Object.fromEntries(
    averaged.map((metric) => {
      const counted = metric === "auc" ? present.filter((row) => row.mean_label < 1) : present;
      const sum = counted.reduce((total, row) => total + (row[metric] ?? 0), 0);
      return [metric, counted.length === 0 ? 0 : sum / counted.length];
    }),
  );
}
