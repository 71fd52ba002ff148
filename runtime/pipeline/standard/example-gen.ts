import * as v from "valibot";
import { artifact, declareComponent } from "../declaration.ts";

const buckets = v.pipe(v.number(), v.integer(), v.minValue(1));
/** A split's name is part of a directory's. */
const splitName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/, "a split's name must be of A-Z a-z 0-9 _ -"));

/**
 * Hash buckets by split, in order: which split gets which buckets follows from it. An author may write a record; it is
 * kept as a list, since canonical JSON sorts a record's keys.
 */
const splits = v.pipe(
  v.union([v.record(splitName, buckets), v.array(v.object({ name: splitName, buckets }))]),
  v.transform((given) =>
    Array.isArray(given) ? given : Object.entries(given).map(([name, count]) => ({ name, buckets: count })),
  ),
  v.minLength(1, "there must be a split"),
  v.check((list) => new Set(list.map(({ name }) => name)).size === list.length, "a split's name may occur once"),
);

/** Reads a dataset into Examples, split by hash. Source: TFX CsvExampleGen, default 2:1. */
export const exampleGenDeclaration = declareComponent({
  name: "example-gen",
  version: "1",
  inputs: { source: artifact("Dataset") },
  outputs: { examples: artifact("Examples") },
  parameters: {
    splits: v.optional(splits, { train: 2, eval: 1 }),
    /** Payload of the Examples. */
    format: v.optional(v.picklist(["parquet", "tfrecord"]), "parquet"),
  },
});
