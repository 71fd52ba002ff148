import * as v from "valibot";
import { artifact, declareComponent } from "../declaration.ts";

/** Compares statistics with a schema and reports anomalies; never stops the run. Source: TFX ExampleValidator. */
export const exampleValidatorDeclaration = declareComponent({
  name: "example-validator",
  version: "1",
  inputs: { statistics: artifact("ExampleStatistics"), schema: artifact("Schema") },
  outputs: { anomalies: artifact("ExampleAnomalies") },
  parameters: {
    excludeSplits: v.optional(v.array(v.string()), []),
  },
});
