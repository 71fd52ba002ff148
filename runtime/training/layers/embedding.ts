import { count, describe, type Layer, layer, type LayerOptions } from "./layer.ts";

/** Options of `embedding`. */
export interface EmbeddingOptions extends LayerOptions {
  /** Length of an id's vector. */
  readonly outputDim: number;
  /** Number of ids; default: the feature's cardinality. */
  readonly inputDim?: number;
}

/** A trained vector for each id of an int feature; gives shape [values, outputDim]. Source: Keras Embedding. */
export function embedding(from: Layer, options: EmbeddingOptions): Layer {
  const { outputDim, name } = options;
  const inputDim = options.inputDim ?? from.config?.["cardinality"];
  if (from.kind !== "int") throw new TypeError(`Cannot embed ${describe(from)}: it must be an int feature's input`);
  if (typeof inputDim !== "number") {
    throw new TypeError(`Cannot embed ${describe(from)}: how many ids it has is not known, so inputDim must be given`);
  }
  return layer("Embedding", [from], {
    ...(name === undefined ? {} : { name }),
    shape: [...from.shape, count("outputDim", outputDim)],
    config: {
      input_dim: count("inputDim", inputDim),
      output_dim: outputDim,
      embeddings_initializer: { class_name: "RandomUniform", config: { minval: -0.05, maxval: 0.05, seed: null } },
      mask_zero: false,
      input_length: null,
    },
  });
}
