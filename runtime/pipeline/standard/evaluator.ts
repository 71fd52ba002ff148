import * as v from "valibot";
import { artifact, declareComponent } from "../declaration.ts";

/** Value and change bounds of one metric; bounds are inclusive. Source: TFMA MetricThreshold. */
export const thresholdSchema = v.object({
  min: v.optional(v.number()),
  max: v.optional(v.number()),
  /** Change against the baseline, checked where there is one: by the model validator. */
  change: v.optional(
    v.object({
      direction: v.picklist(["higher-is-better", "lower-is-better"]),
      /** Least difference to the baseline if higher is better, else the greatest. */
      absolute: v.optional(v.number()),
      /** The same for the difference divided by the baseline. */
      relative: v.optional(v.number()),
    }),
  ),
});

/** Computes metrics of a model on raw examples, by slice. Source: TFX Evaluator, TFMA. */
export const evaluatorDeclaration = declareComponent({
  name: "evaluator",
  version: "1",
  inputs: { examples: artifact("Examples"), model: artifact("Model") },
  outputs: { evaluation: artifact("ModelEvaluation") },
  parameters: {
    split: v.optional(v.string(), "eval"),
    /** Features whose value combinations make slices; the overall slice is always there. */
    slices: v.optional(v.array(v.array(v.string())), []),
    /** Raw feature that weighs examples; without it each counts once. */
    weight: v.optional(v.string()),
    /** Bounds by metric of the overall slice: "accuracy", or "recall/Gentoo" for one class. */
    thresholds: v.optional(v.record(v.string(), thresholdSchema), {}),
  },
});
