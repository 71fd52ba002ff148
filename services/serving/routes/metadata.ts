import type { Signature } from "millrace/training";
import type { Catalog } from "../catalog.ts";
import type { ResponseValue } from "../response-json.ts";

/** The one signature that models have. */
export const defaultSignature = "serving_default";

/** TensorFlow's names of the kinds. */
const dtypes = { int: "DT_INT64", float: "DT_FLOAT", string: "DT_STRING" } as const;

/** `GET /v1/models/M[/versions/V]/metadata`: the signature in TensorFlow's form. */
export function metadata(catalog: Catalog, model: string, version: string | undefined): ResponseValue {
  const loaded = catalog.version(model, version);
  return {
    model_spec: { name: model, signature_name: "", version: loaded.version },
    metadata: {
      signature_def: { signature_def: { [defaultSignature]: signatureDef(loaded.serving.signature) } },
      // Not TensorFlow's: what the log calls the files that answer.
      pushed_model_digest: loaded.digest,
    },
  };
}

function signatureDef({ inputs, outputs }: Signature): ResponseValue {
  return {
    inputs: Object.fromEntries(inputs.map(({ name, kind }) => [name, tensorInfo(name, dtypes[kind], [])])),
    outputs: Object.fromEntries(outputs.map(({ name, kind, shape }) => [name, tensorInfo(name, dtypes[kind], shape)])),
    method_name: "tensorflow/serving/predict",
  };
}

function tensorInfo(name: string, dtype: string, shape: readonly number[]): ResponseValue {
  const dim = ["-1", ...shape.map(String)].map((size) => ({ size, name: "" }));
  return { dtype, tensor_shape: { dim, unknown_rank: false }, name: `${defaultSignature}_${name}:0` };
}
