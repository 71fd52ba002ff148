import * as v from "valibot";
import { Terminal } from "../model/mod.ts";

const readonlyArray = <const Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.readonly());

const rawInputSchema = v.object({
  name: v.string(),
  /** Kind of a raw value, as tf.Example has them. */
  kind: v.picklist(["int", "float", "string"]),
});

const featureSchema = v.object({
  name: v.string(),
  kind: v.picklist(["int", "float"]),
  shape: readonlyArray(v.number()),
  cardinality: v.exactOptional(v.number()),
});

const outputSchema = v.object({
  name: v.string(),
  kind: v.picklist(["int", "float", "string"]),
  /** Dimensions of one row's value; none for a single one. */
  shape: readonlyArray(v.number()),
});

const signatureSchema = v.object({
  format: v.literal("millrace.signature/1"),
  task: v.picklist(["classification", "regression"]),
  /** Raw columns that predictions need. */
  inputs: readonlyArray(rawInputSchema),
  /** Every raw column that the transform knows, the label's too. */
  columns: readonlyArray(rawInputSchema),
  /** Transformed features, in the order of the network's inputs. */
  features: readonlyArray(featureSchema),
  label: v.object({ name: v.string(), classes: v.exactOptional(readonlyArray(v.string())) }),
  /** What a prediction holds; the network's own output first. */
  outputs: readonlyArray(outputSchema),
});

/** A raw column and the kind of its values. */
export type RawInput = v.InferOutput<typeof rawInputSchema>;

/** What an exported model takes and gives: `signature.json` beside its network. */
export type Signature = v.InferOutput<typeof signatureSchema>;

/**
 * Parses `signature.json`.
 * @param file Its path, for the message.
 * @throws {Terminal} `bad-model-files`: it is no signature of this version.
 */
export function parseSignature(text: string, file: string): Signature {
  try {
    return v.parse(signatureSchema, JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Terminal("bad-model-files", `Cannot read ${file} as a model's signature: ${why}`, { file, cause });
  }
}
