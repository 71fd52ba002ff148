import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Backend } from "../tensorflow/mod.ts";
import { pickRows, type TrainingSet } from "./training-set.ts";

/** Tensors of some rows, in the order of the network's inputs. */
export interface Batch {
  readonly inputs: Tensor[];
  readonly labels: Tensor;
}

/** Makes tensors of chosen rows, lets `use` have them, and frees them. */
export async function withBatch<Result>(
  backend: Backend,
  network: LayersModel,
  set: TrainingSet,
  rows: Uint32Array,
  use: (batch: Batch) => Promise<Result> | Result,
): Promise<Result> {
  const { tf } = backend;
  const inputs = network.inputs.map((input) => {
    const shape = input.shape.slice(1) as number[];
    const width = shape.reduce((product, dimension) => product * dimension, 1);
    return tf.tensor(pickRows(set.features[inputName(input)]!, width, rows), [rows.length, ...shape]);
  });
  const labels = tf.tensor2d(pickRows(set.labels, 1, rows), [rows.length, 1]);
  try {
    return await use({ inputs, labels });
  } finally {
    tf.dispose([...inputs, labels]);
  }
}

/** The feature that an input takes: its layer's name, without what tfjs adds when a process builds a name twice. */
function inputName(input: { sourceLayer: { name: string } }): string {
  return input.sourceLayer.name;
}
