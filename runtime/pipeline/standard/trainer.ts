import * as v from "valibot";
import { artifact, declareComponent, userFunction } from "../declaration.ts";

/** Trains a model on transformed examples and exports it with the transform inside. Source: TFX Trainer. */
export const trainerDeclaration = declareComponent({
  name: "trainer",
  version: "1",
  inputs: { examples: artifact("Examples"), graph: artifact("TransformGraph") },
  outputs: { model: artifact("Model") },
  parameters: {
    /** Transformed feature that is the label. */
    label: v.string(),
    epochs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 10),
    batchSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 32),
    /** Overrides the run's seed. */
    seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    trainSplit: v.optional(v.string(), "train"),
    evalSplit: v.optional(v.string(), "eval"),
  },
  functions: { model: userFunction() },
  attemptTimeoutMs: 24 * 3_600_000,
});
