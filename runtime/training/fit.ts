import type { LayersModel } from "@tensorflow/tfjs-layers";
import { Terminal } from "../model/mod.ts";
import type { Backend } from "../tensorflow/mod.ts";
import { withBatch } from "./batches.ts";
import { evaluateNetwork } from "./evaluate.ts";
import { letOthersRun } from "./let-others-run.ts";
import { type Losses, MeanLosses } from "./losses.ts";
import { reseedDropouts } from "./network.ts";
import { deriveSeed, permutation } from "./seed.ts";
import type { TrainingSet } from "./training-set.ts";

/** How to train. */
export interface FitOptions {
  readonly epochs: number;
  readonly batchSize: number;
  /** Decides shuffles and dropouts. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Called after each epoch, counted from 1. */
  onEpoch?(epoch: number, metrics: EpochMetrics): void;
}

/**
 * Means over the epoch's batches (`loss`, `accuracy`), and over the evaluation rows after it (`eval_loss`,
 * `eval_accuracy`).
 */
export type EpochMetrics = Readonly<Record<string, number>>;

const remedy = "Lower the learning rate, or scale the features (zScore, minMax)";

/**
 * Trains a compiled network: each epoch takes all rows once, in an order that the seed decides. Equal arguments give
 * equal weights, bit for bit, on one backend.
 * @returns The last epoch's metrics.
 * @throws {Terminal} `nan-loss` naming epoch and batch, `nan-weights`; {Cancelled} the signal aborted.
 */
export async function fit(
  backend: Backend,
  network: LayersModel,
  train: TrainingSet,
  evaluation: TrainingSet,
  options: FitOptions,
): Promise<EpochMetrics> {
  let metrics: EpochMetrics | undefined;
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const trained = await trainEpoch(backend, network, train, epoch, options);
    checkWeights(network, epoch);
    const evaluated = await evaluateNetwork(backend, network, evaluation, options.signal);
    metrics = {
      ...trained,
      ...Object.fromEntries(Object.entries(evaluated).map(([name, value]) => [`eval_${name}`, value])),
    };
    options.onEpoch?.(epoch, metrics);
  }
  if (metrics === undefined) throw new RangeError(`Cannot train ${options.epochs} epochs: at least one is needed`);
  return metrics;
}

async function trainEpoch(
  backend: Backend,
  network: LayersModel,
  set: TrainingSet,
  epoch: number,
  { batchSize, seed, signal }: FitOptions,
): Promise<Losses> {
  const order = permutation(set.rows, deriveSeed(seed, "shuffle", epoch));
  const batchCount = Math.ceil(set.rows / batchSize);
  const means = new MeanLosses();
  for (let batch = 0; batch < batchCount; batch++) {
    await letOthersRun(signal);
    const rows = order.subarray(batch * batchSize, (batch + 1) * batchSize);
    reseedDropouts(network, seed, (epoch - 1) * batchCount + batch);
    const values = await withBatch(backend, network, set, rows, ({ inputs, labels }) =>
      network.trainOnBatch(inputs, labels),
    );
    means.add(values, rows.length);
    checkLoss(means.latest, epoch, batch + 1, batchCount);
  }
  return means.result();
}

function checkLoss(loss: number, epoch: number, batch: number, batchCount: number): void {
  if (Number.isFinite(loss)) return;
  throw new Terminal(
    "nan-loss",
    `Cannot go on training as the loss must be a finite number: it is ${loss} in epoch ${epoch}, batch ${batch} of ` +
      `${batchCount}. ${remedy}`,
    { field: "loss" },
  );
}

/** A cross-entropy clips its probabilities, by which NaN becomes a number: such a loss stays finite. */
function checkWeights(network: LayersModel, epoch: number): void {
  const wild = network.weights.find((weight) => !weight.read().dataSync().every(Number.isFinite));
  if (wild === undefined) return;
  throw new Terminal(
    "nan-weights",
    `Cannot go on training as every weight must be a finite number: ${wild.originalName} holds NaN or infinity after ` +
      `epoch ${epoch}. ${remedy}`,
    { field: "weights" },
  );
}
