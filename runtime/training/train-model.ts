import type { Engine, Examples } from "../engine/mod.ts";
import type { Json } from "../model/mod.ts";
import { openBackend } from "../tensorflow/mod.ts";
import { loadTransformGraph } from "../transform/mod.ts";
import { exportModel } from "./export-model.ts";
import { classesOf, describeFeatures } from "./features.ts";
import { type EpochMetrics, fit } from "./fit.ts";
import type { ModelDefinition, ModelFeatures } from "./layers/mod.ts";
import { buildNetwork } from "./network.ts";
import { countClasses, readTrainingSet } from "./read-training-set.ts";
import { checkOutput, usedFeatures } from "./task.ts";

/** What training reads, writes and reports to. */
export interface TrainModelOptions {
  readonly engine: Engine;
  /** Transformed examples. */
  readonly examples: Examples;
  /** Directory of the TransformGraph artifact. */
  readonly graphPath: string;
  /** Where the model is exported to. */
  readonly outputPath: string;
  readonly label: string;
  readonly trainSplit: string;
  readonly evalSplit: string;
  readonly epochs: number;
  readonly batchSize: number;
  /** Decides first weights, shuffles and dropouts. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Calls the user's `model` function through `modelInvoker`. */
  callModel(argument: Json): Promise<Json>;
  onEpoch?(epoch: number, metrics: EpochMetrics): void;
}

/** Module for the sandbox that calls the user's `model` function. */
export const modelInvoker = new URL(
  import.meta.url.endsWith(".ts") ? "./model-invoker.ts" : "./model-invoker.js",
  import.meta.url,
);

/**
 * Trains the model that the user's function defines, and exports it.
 * @returns The last epoch's metrics.
 * @throws {Terminal} `label-absent`, `bad-label`, `no-rows`, `not-finite`, `bad-model`, `nan-loss`.
 */
export async function trainModel(options: TrainModelOptions): Promise<EpochMetrics> {
  const { engine, examples, graphPath, seed } = options;
  const graph = loadTransformGraph(graphPath);
  const described = describeFeatures(graph, options.label);
  const table = (split: string) => ({ split, table: examples.table(split) });
  const counted = await countClasses(engine, examples.table(options.trainSplit), options.label);
  const classes = classesOf(described.label, counted);
  const label = { name: options.label, ...(classes === undefined ? {} : { classes }) };
  const argument: ModelFeatures = { features: described.features, label };
  const definition = (await options.callModel(argument as unknown as Json)) as unknown as ModelDefinition;
  const features = usedFeatures(definition, described.features);
  const train = await readTrainingSet(engine, table(options.trainSplit), features, label);
  const evaluation = await readTrainingSet(engine, table(options.evalSplit), features, label);
  const backend = await openBackend();
  const network = await buildNetwork(backend, definition, seed);
  try {
    checkOutput(network, definition, label);
    const metrics = await fit(backend, network, train, evaluation, options);
    await exportModel(options.outputPath, { network, definition, features, label, graph, graphPath });
    return metrics;
  } finally {
    network.dispose();
  }
}
