import * as v from "valibot";
import { artifact, declareComponent } from "../declaration.ts";

/** Infers a schema from statistics. Source: TFX SchemaGen. */
export const schemaGenDeclaration = declareComponent({
  name: "schema-gen",
  version: "1",
  inputs: { statistics: artifact("ExampleStatistics") },
  outputs: { schema: artifact("Schema") },
  parameters: {
    inferFeatureShape: v.optional(v.boolean(), true),
    excludeSplits: v.optional(v.array(v.string()), []),
  },
});
