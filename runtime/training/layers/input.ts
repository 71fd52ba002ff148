import type { ModelFeature } from "./features.ts";
import { type Layer, layer } from "./layer.ts";

/** A transformed feature as the model's input; a single number has shape [1]. Source: Keras Input. */
export function input(feature: ModelFeature): Layer {
  const shape = feature.shape.length === 0 ? [1] : [...feature.shape];
  return layer("InputLayer", [], {
    name: feature.name,
    shape,
    kind: feature.kind,
    config: {
      batch_input_shape: [null, ...shape],
      // Ids too: Embedding casts them back, and they can stand beside floats in a concatenation.
      dtype: "float32",
      sparse: false,
      ...(feature.cardinality === undefined ? {} : { cardinality: feature.cardinality }),
    },
  });
}
