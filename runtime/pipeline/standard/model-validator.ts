import * as v from "valibot";
import { artifact, declareComponent, optionalArtifact } from "../declaration.ts";

/**
 * Blesses a model that passes its thresholds and is not worse than the last blessed one, both evaluated on this run's
 * eval split. Source: TFX ModelValidator and Evaluator's blessing.
 */
export const modelValidatorDeclaration = declareComponent({
  name: "model-validator",
  version: "1",
  inputs: {
    examples: artifact("Examples"),
    model: artifact("Model"),
    evaluation: artifact("ModelEvaluation"),
    anomalies: optionalArtifact("ExampleAnomalies"),
    baseline: optionalArtifact("Model"),
  },
  outputs: { blessing: artifact("ModelBlessing") },
  parameters: {
    /** What anomalies of severity ERROR do: withhold the blessing, or only warn. */
    onAnomalies: v.optional(v.picklist(["withhold", "warn"]), "withhold"),
    /** Metric by which candidate and baseline are compared. */
    metric: v.optional(v.string(), "accuracy"),
    direction: v.optional(v.picklist(["higher-is-better", "lower-is-better"]), "higher-is-better"),
    /** How much worse than the baseline the candidate may be. */
    tolerance: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
  },
  effect: "bless",
});
