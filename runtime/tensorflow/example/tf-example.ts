import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { Example } from "../../contracts/tensorflow/core/example/example.ts";
import { type Feature, Features_FeatureEntry } from "../../contracts/tensorflow/core/example/feature.ts";

/** Tag of field 1, length-delimited: Example.features and Features.feature. */
const fieldOne = 10;

/** The values of one feature of one example; `none` where no kind was ever seen. */
export type FeatureValues =
  | { readonly kind: "int"; readonly values: readonly bigint[] }
  | { readonly kind: "float"; readonly values: readonly number[] }
  | { readonly kind: "bytes"; readonly values: readonly Uint8Array[] }
  | { readonly kind: "none" };

/**
 * Decodes a tf.Example.
 * @throws {Error} bytes that are no protobuf message.
 */
export function decodeExample(bytes: Uint8Array): Map<string, FeatureValues> {
  const features = Example.decode(bytes).features?.feature ?? {};
  return new Map(Object.entries(features).map(([name, feature]) => [name, fromFeature(feature)]));
}

/**
 * Encodes a tf.Example in its deterministic form: features by name, bytewise, as protobuf's deterministic
 * serialisation writes them. TFX's hash split takes these bytes as its key.
 */
export function encodeExample(features: ReadonlyMap<string, FeatureValues>): Uint8Array {
  const byName = [...features].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  // Not by a plain object, whose integer-like keys would come in an order of their own.
  const writer = new BinaryWriter();
  for (const [key, values] of byName) {
    Features_FeatureEntry.encode({ key, value: toFeature(values) }, writer.uint32(fieldOne).fork()).join();
  }
  return new BinaryWriter().uint32(fieldOne).bytes(writer.finish()).finish();
}

function fromFeature({ kind }: Feature): FeatureValues {
  switch (kind?.$case) {
    case "int64List":
      return { kind: "int", values: kind.value.value };
    case "floatList":
      return { kind: "float", values: kind.value.value };
    case "bytesList":
      return { kind: "bytes", values: kind.value.value };
    default:
      return { kind: "none" };
  }
}

function toFeature(values: FeatureValues): Feature {
  switch (values.kind) {
    case "int":
      return { kind: { $case: "int64List", value: { value: [...values.values] } } };
    case "float":
      return { kind: { $case: "floatList", value: { value: [...values.values] } } };
    case "bytes":
      return { kind: { $case: "bytesList", value: { value: values.values.map((value) => Buffer.from(value)) } } };
    default:
      return {};
  }
}
