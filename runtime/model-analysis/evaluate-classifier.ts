import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, Examples } from "../engine/mod.ts";
import type { Classifier } from "./classifier.ts";
import { computeMetrics, type SliceMetrics } from "./metrics.ts";
import { predictSplit } from "./predict-split.ts";
import { planSlices, sliceFeatures, type SlicingSpec } from "./slice.ts";

/** A model's metrics on one split. */
export interface Evaluation {
  /** Class names by index. */
  readonly classes: readonly string[];
  /** The overall slice first, then sorted. */
  readonly slices: readonly SliceMetrics[];
}

/** What is evaluated, and how. */
export interface EvaluateOptions {
  readonly split: string;
  readonly slices: readonly SlicingSpec[];
  /** Raw feature that weighs examples. */
  readonly weight?: string | undefined;
  /** Directory in which a temporary one is made; the engine must be able to read there. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** @param fraction Rows predicted so far, 0 to 1. */
  readonly progress?: (fraction: number) => void;
}

/**
 * Evaluates a classifier on raw examples: predicts the split, then aggregates in the engine.
 *
 * @throws {Terminal} `no-such-split`, `empty-split`, `column-absent` (the label), `no-such-feature`, `duplicate-slice-feature`,
 * `too-many-slices`, `bad-weight`, `prediction-count`, `prediction-not-finite`.
 */
export async function evaluateClassifier(
  engine: Engine,
  examples: Examples,
  classifier: Classifier,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const available = examples.columns.map(({ name }) => name);
  const specs = planSlices(options.slices, available);
  const scratch = await mkdtemp(join(options.scratch, ".predictions-"));
  try {
    const predictions = await predictSplit(engine, {
      ...options,
      examples,
      classifier,
      sliceFeatures: sliceFeatures(specs),
      scratch,
      progress: options.progress ?? (() => undefined),
    });
    return { classes: classifier.classes, slices: await computeMetrics(engine, predictions, specs) };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** The slice of all examples. */
export function overallSlice(evaluation: Evaluation): Pick<SliceMetrics, "metrics" | "classes"> {
  return evaluation.slices.find(({ slice }) => slice.length === 0) ?? { metrics: {}, classes: {} };
}
