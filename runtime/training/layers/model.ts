import { describe, isLayer, type Layer } from "./layer.ts";
import { adam, type Optimizer } from "./optimizer.ts";
import { type Topology, topologyOf } from "./topology.ts";

/** Losses by their Keras names; the label is a class index, or a number for the errors. */
export type Loss = "sparseCategoricalCrossentropy" | "binaryCrossentropy" | "meanSquaredError" | "meanAbsoluteError";

/** Metrics of an epoch beside the loss. */
export type Metric = "accuracy";

/** What a user's `model` function returns: a network and how it is trained. Pure data, no TensorFlow. */
export interface ModelDefinition {
  readonly format: "millrace.model/1";
  readonly topology: Topology;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  /** Name of the output when served. */
  readonly output: string;
}

/** Parts of a model. */
export interface ModelOptions {
  /** One `input()` a feature that the model uses. */
  readonly inputs: readonly Layer[];
  readonly output: Layer;
  /** Default Adam. */
  readonly optimizer?: Optimizer;
  /** Default: cross-entropy over the classes. */
  readonly loss?: Loss;
  /** Default: accuracy, where the loss is a cross-entropy. */
  readonly metrics?: readonly Metric[];
  /** Default: the output layer's name if it has one, else `probabilities`, or `prediction` of a regression. */
  readonly outputName?: string;
}

/** Puts a network together with its training. Source: Keras Model and compile. */
export function model(options: ModelOptions): ModelDefinition {
  const { inputs, output, optimizer = adam(), loss = "sparseCategoricalCrossentropy" } = options;
  const classifies = loss.endsWith("Crossentropy");
  checkEnds(inputs, output);
  return {
    format: "millrace.model/1",
    topology: topologyOf("model", inputs, output),
    optimizer,
    loss,
    metrics: options.metrics ?? (classifies ? ["accuracy"] : []),
    output: options.outputName ?? output.name ?? (classifies ? "probabilities" : "prediction"),
  };
}

function checkEnds(inputs: readonly Layer[], output: Layer): void {
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw new TypeError("Cannot make a model without inputs: list one input() a feature");
  }
  const odd = inputs.find((layer) => !isLayer(layer) || layer.className !== "InputLayer");
  if (odd !== undefined) throw new TypeError(`Cannot take ${describe(odd)} as an input: it must come from input()`);
  if (!isLayer(output)) throw new TypeError(`Cannot take ${describe(output)} as the output: it must be a layer`);
  if (output.shape.length !== 1) {
    throw new TypeError(
      `Cannot take ${describe(output)} as the output: it must have one dimension; flatten() it first`,
    );
  }
}
