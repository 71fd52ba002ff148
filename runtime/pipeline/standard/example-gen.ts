import * as v from "valibot";
import { artifact, declareComponent } from "../declaration.ts";

/** Reads a dataset into Examples, split by hash. Source: TFX CsvExampleGen, default 2:1. */
export const exampleGenDeclaration = declareComponent({
  name: "example-gen",
  version: "1",
  inputs: { source: artifact("Dataset") },
  outputs: { examples: artifact("Examples") },
  parameters: {
    /** Hash buckets by split name; order matters. */
    splits: v.optional(v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(1))), { train: 2, eval: 1 }),
    /** Payload of the Examples. */
    format: v.optional(v.picklist(["parquet", "tfrecord"]), "parquet"),
  },
});
