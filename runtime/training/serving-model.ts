import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { Terminal } from "../model/mod.ts";
import { type Backend, openBackend } from "../tensorflow/mod.ts";
import {
  applyTransform,
  loadTransformGraph,
  type RawBatch,
  type TransformedFeature,
  type TransformGraph,
} from "../transform/mod.ts";
import { letOthersRun } from "./let-others-run.ts";
import { readModelFiles } from "./model-files.ts";
import { modelInput } from "./model-input.ts";
import { fromTopology, setWeights } from "./network.ts";
import { joinPredictions, type Prediction, toPrediction } from "./prediction.ts";
import type { Signature } from "./signature.ts";

/** Rows predicted between two turns of the event loop; bounds the tensors that are alive. */
const rowsAtOnceMax = 4096;

/** An exported model in memory: raw features in, predictions out, the transform inside. */
export interface ServingModel {
  readonly signature: Signature;
  /**
   * Predicts a batch of raw columns, equally long; input columns that are absent count as missing, columns that the
   * transform doesn't know are passed over.
   * @throws {Terminal} `invalid-value` naming column and row; `ragged-batch`. {Cancelled} the signal aborted.
   */
  predict(batch: RawBatch, signal?: AbortSignal): Promise<Prediction>;
  /** The transformed features of a batch, the label's left out. @throws as `predict`. */
  transform(batch: RawBatch): Record<string, TransformedFeature>;
  /**
   * The class index of each row's label; −1 where it is missing or not among the classes.
   * @throws {Terminal} `column-absent`: the batch lacks the label's raw columns; `bad-label`: a regression.
   */
  labelIndices(batch: RawBatch): Int32Array;
  /** Frees its memory; predictions that run end first. */
  dispose(): void;
}

/**
 * Loads an exported model.
 * @param directory A version's directory (`model.json` in it), or a Model artifact's (`Format-Serving` in it).
 * @throws {Terminal} `bad-model-files`, `not-a-transform-graph`, `bad-model`.
 */
export async function loadServingModel(directory: string): Promise<ServingModel> {
  const { topology, weights, signature, transformPath } = await readModelFiles(directory);
  const graph = loadTransformGraph(transformPath);
  const backend = await openBackend();
  const network = await fromTopology(backend, topology);
  setWeights(backend, network, weights);
  return new LoadedModel(backend, network, graph, signature);
}

class LoadedModel implements ServingModel {
  readonly signature: Signature;
  readonly #backend: Backend;
  readonly #network: LayersModel;
  readonly #graph: TransformGraph;
  #running = 0;
  #disposed = false;

  constructor(backend: Backend, network: LayersModel, graph: TransformGraph, signature: Signature) {
    this.signature = signature;
    this.#backend = backend;
    this.#network = network;
    this.#graph = graph;
  }

  async predict(batch: RawBatch, signal?: AbortSignal): Promise<Prediction> {
    if (this.#disposed) throw new TypeError("Cannot predict with a model that was disposed of");
    const rows = rowsOf(batch);
    const parts: Prediction[] = [];
    this.#running++;
    try {
      for (let start = 0; start < rows || start === 0; start += rowsAtOnceMax) {
        if (start > 0) await letOthersRun(signal);
        parts.push(
          this.#predictAtOnce(cut(batch, start, start + rowsAtOnceMax), Math.min(rowsAtOnceMax, rows - start)),
        );
      }
    } finally {
      this.#running--;
      this.#freeWhenIdle();
    }
    return joinPredictions(parts);
  }

  #predictAtOnce(batch: RawBatch, rows: number): Prediction {
    if (rows === 0) return toPrediction(this.signature, new Float32Array(), 0);
    const { tf } = this.#backend;
    const transformed = this.transform(batch);
    const values = tf.tidy(() => {
      const inputs = this.signature.features.map((feature) =>
        tf.tensor(modelInput(feature, transformed[feature.name]!), [rows, ...inputShape(feature.shape)]),
      );
      return (this.#network.predictOnBatch(inputs) as Tensor).dataSync<"float32">();
    });
    return toPrediction(this.signature, values, rows);
  }

  transform(batch: RawBatch): Record<string, TransformedFeature> {
    const rows = rowsOf(batch);
    const { inputs, columns, features } = this.signature;
    const absent = inputs.filter(({ name }) => !Object.hasOwn(batch, name));
    const missing = absent.map(({ name }) => [name, Array.from({ length: rows }, () => null)] as const);
    const known = columns.flatMap(({ name }) => (Object.hasOwn(batch, name) ? [[name, batch[name]!] as const] : []));
    const whole = Object.fromEntries([...known, ...missing]);
    return applyTransform(this.#graph, whole, { only: features.map(({ name }) => name) });
  }

  labelIndices(batch: RawBatch): Int32Array {
    const { name, classes } = this.signature.label;
    const { data } = applyTransform(this.#graph, batch, { only: [name] })[name]!;
    if (!(data instanceof Int32Array) || classes === undefined) {
      throw new Terminal("bad-label", `Cannot give classes of label ${JSON.stringify(name)}: it is not a class`);
    }
    return data.map((index) => (index < classes.length ? index : -1));
  }

  dispose(): void {
    this.#disposed = true;
    this.#freeWhenIdle();
  }

  #freeWhenIdle(): void {
    if (!this.#disposed || this.#running > 0) return;
    this.#network.dispose();
  }
}

/** A single number is a row of one. */
function inputShape(shape: readonly number[]): readonly number[] {
  return shape.length === 0 ? [1] : shape;
}

function rowsOf(batch: RawBatch): number {
  return Object.values(batch)[0]?.length ?? 0;
}

function cut(batch: RawBatch, start: number, end: number): RawBatch {
  if (start === 0 && rowsOf(batch) <= end) return batch;
  return Object.fromEntries(Object.entries(batch).map(([name, values]) => [name, values.slice(start, end)]));
}
