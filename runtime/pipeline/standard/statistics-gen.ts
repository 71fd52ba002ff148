import * as v from "valibot";
import { artifact, declareComponent, optionalArtifact } from "../declaration.ts";

/** Computes statistics of each split. Source: TFX StatisticsGen, TFDV. */
export const statisticsGenDeclaration = declareComponent({
  name: "statistics-gen",
  version: "1",
  inputs: { examples: artifact("Examples"), schema: optionalArtifact("Schema") },
  outputs: { statistics: artifact("ExampleStatistics") },
  parameters: {
    excludeSplits: v.optional(v.array(v.string()), []),
  },
});
