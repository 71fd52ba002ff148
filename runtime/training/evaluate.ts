import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Backend } from "../tensorflow/mod.ts";
import { withBatch } from "./batches.ts";
import { letOthersRun } from "./let-others-run.ts";
import { type Losses, MeanLosses } from "./losses.ts";
import type { TrainingSet } from "./training-set.ts";

/** Rows evaluated at once; bounds the tensors that are alive. */
const rowsAtOnceMax = 1024;

/** Loss and accuracy of a compiled network over all rows, as it would predict them (no dropout). */
export async function evaluateNetwork(
  backend: Backend,
  network: LayersModel,
  set: TrainingSet,
  signal?: AbortSignal,
): Promise<Losses> {
  const means = new MeanLosses();
  for (let start = 0; start < set.rows; start += rowsAtOnceMax) {
    await letOthersRun(signal);
    const rows = Uint32Array.from({ length: Math.min(rowsAtOnceMax, set.rows - start) }, (_, row) => start + row);
    const values = await withBatch(backend, network, set, rows, ({ inputs, labels }) => {
      const scalars = network.evaluate(inputs, labels, { batchSize: rows.length });
      const list = Array.isArray(scalars) ? scalars : [scalars];
      const numbers = list.map((scalar) => scalar.dataSync()[0]!);
      backend.tf.dispose(list);
      return numbers;
    });
    means.add(values, rows.length);
  }
  return means.result();
}
