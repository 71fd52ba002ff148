/**
 * Keras's layers as data: what a user's `model` function is written in. It imports nothing, so that it is bundled into
 * the user's code and runs in a sandbox without TensorFlow.
 */
export { add, concatenate, flatten, multiply } from "./combine.ts";
export { activation, dense, type DenseOptions } from "./dense.ts";
export { embedding, type EmbeddingOptions } from "./embedding.ts";
export type { ModelFeature, ModelFeatures, ModelLabel } from "./features.ts";
export { input } from "./input.ts";
export type { Activation, ConfigValue, Layer, LayerOptions } from "./layer.ts";
export { type Loss, type Metric, model, type ModelDefinition, type ModelOptions } from "./model.ts";
export { adam, type Optimizer, rmsprop, sgd } from "./optimizer.ts";
export { batchNormalization, type BatchNormalizationOptions, dropout, layerNormalization } from "./regularise.ts";
export type { Topology, TopologyLayer } from "./topology.ts";
