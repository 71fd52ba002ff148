import * as v from "valibot";
import { artifact, declareComponent, userFunction } from "../declaration.ts";

/** Analyses one split, transforms all, and keeps the graph for serving. Source: TFX Transform. */
export const transformDeclaration = declareComponent({
  name: "transform",
  version: "1",
  inputs: { examples: artifact("Examples"), schema: artifact("Schema") },
  outputs: { graph: artifact("TransformGraph"), examples: artifact("Examples") },
  parameters: {
    /** Splits that analyzers see. */
    analyze: v.optional(v.array(v.string()), ["train"]),
  },
  functions: { preprocessing: userFunction() },
});
