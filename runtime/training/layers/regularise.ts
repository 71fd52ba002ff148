import { checked, type Layer, layer, type LayerOptions } from "./layer.ts";

/** Zeroes a fraction of values while training, another one each step. Source: Keras Dropout. */
export function dropout(from: Layer, rate: number, options: LayerOptions = {}): Layer {
  const config = { rate: checked("rate", rate, 0, 1), noise_shape: null, seed: null };
  return layer("Dropout", [from], { ...options, shape: from.shape, config });
}

/** Options of `batchNormalization`. */
export interface BatchNormalizationOptions extends LayerOptions {
  /** Of the moving mean and variance; default 0.99. */
  readonly momentum?: number;
  /** Added to the variance; default 0.001. */
  readonly epsilon?: number;
}

/** Normalises over the batch while training, by moving averages afterwards. Source: Keras BatchNormalization. */
export function batchNormalization(from: Layer, options: BatchNormalizationOptions = {}): Layer {
  const { momentum = 0.99, epsilon = 0.001, ...named } = options;
  const config = {
    axis: -1,
    momentum: checked("momentum", momentum, 0, 1),
    epsilon: checked("epsilon", epsilon, 0),
    center: true,
    scale: true,
  };
  return layer("BatchNormalization", [from], { ...named, shape: from.shape, config });
}

/** Normalises each example over its last dimension. Source: Keras LayerNormalization. */
export function layerNormalization(from: Layer, options: LayerOptions = {}): Layer {
  const config = { axis: -1, epsilon: 0.001, center: true, scale: true };
  return layer("LayerNormalization", [from], { ...options, shape: from.shape, config });
}
