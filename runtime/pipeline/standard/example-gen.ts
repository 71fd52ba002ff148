import * as v from "valibot";
import { artifact, declareComponent } from "../declaration.ts";

const buckets = v.pipe(v.number(), v.integer(), v.minValue(1));

/**
 * Hash buckets by split. Authors write `{ train: 2, eval: 1 }`; in plans it is a list, since the order matters and
 * canonical JSON sorts an object's keys. (Names that are whole numbers come first in an object: list those.)
 */
const splitsSchema = v.pipe(
  v.union([v.record(v.string(), buckets), v.array(v.object({ name: v.string(), buckets }))]),
  v.transform((splits) =>
    Array.isArray(splits) ? splits : Object.entries(splits).map(([name, count]) => ({ name, buckets: count })),
  ),
);

/** Reads a dataset into Examples, split by hash. Source: TFX CsvExampleGen, default 2:1. */
export const exampleGenDeclaration = declareComponent({
  name: "example-gen",
  version: "1",
  inputs: { source: artifact("Dataset") },
  outputs: { examples: artifact("Examples") },
  parameters: {
    splits: v.optional(splitsSchema, { train: 2, eval: 1 }),
    /** Payload of the Examples. */
    format: v.optional(v.picklist(["parquet", "tfrecord"]), "parquet"),
  },
});
