import type { Engine, Examples } from "../engine/mod.ts";
import type { Json } from "../model/mod.ts";
import { openBackend } from "../tensorflow/mod.ts";
import { loadTransformGraph, type TransformOutput } from "../transform/mod.ts";
import { exportModel } from "./export-model.ts";
import { classesOf, describeFeatures } from "./features.ts";
import { fit } from "./fit.ts";
import type { ModelDefinition, ModelFeatures, ModelLabel } from "./layers/mod.ts";
import { buildNetwork, disposeNetwork } from "./network.ts";
import { countClasses, countRows, readTrainingSet, type SplitTable } from "./read-training-set.ts";
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
  onEpoch?(epoch: number, metrics: Readonly<Record<string, number>>): void;
}

/** Module for the sandbox that calls the user's `model` function. */
export const modelInvoker = new URL(
  import.meta.url.endsWith(".ts") ? "./model-invoker.ts" : "./model-invoker.js",
  import.meta.url,
);

/** What training came to. */
export interface TrainModelResult {
  /** Backend it ran on, and its version. */
  readonly backend: string;
  /** Of the last epoch: loss, eval_loss, and of a classifier accuracy, eval_accuracy. */
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Trains the model that the user's function defines, and exports it.
 * @throws {Terminal} `label-absent`, `bad-label`, `no-rows`, `not-finite`, `bad-model`, `nan-loss`, `nan-weights`.
 */
export async function trainModel(options: TrainModelOptions): Promise<TrainModelResult> {
  const { engine, graphPath, seed } = options;
  const graph = loadTransformGraph(graphPath);
  const { features: offered, label: output } = describeFeatures(graph, options.label);
  const [train, evaluation] = [options.trainSplit, options.evalSplit].map((split) => splitTable(options, split));
  const label = await labelOf(options, output);
  for (const split of [train!, evaluation!]) await countRows(engine, split, label);

  const argument: ModelFeatures = { features: offered, label };
  const definition = (await options.callModel(argument as unknown as Json)) as unknown as ModelDefinition;
  const features = usedFeatures(definition, offered);
  const trainSet = await readTrainingSet(engine, train!, features, label);
  const evaluationSet = await readTrainingSet(engine, evaluation!, features, label);

  const backend = await openBackend();
  const network = await buildNetwork(backend, definition, seed);
  try {
    checkOutput(network, definition, label);
    const metrics = await fit(backend, network, trainSet, evaluationSet, options);
    await exportModel(options.outputPath, { network, definition, features, label, graph, graphPath });
    return { backend: `${backend.name} ${backend.version}`, metrics };
  } finally {
    disposeNetwork(network);
  }
}

function splitTable({ examples }: TrainModelOptions, split: string): SplitTable {
  return { split, table: examples.table(split) };
}

async function labelOf(
  { engine, examples, trainSplit }: TrainModelOptions,
  output: TransformOutput,
): Promise<ModelLabel> {
  const counted = await countClasses(engine, examples.table(trainSplit), output.name);
  const classes = classesOf(output, counted);
  return classes === undefined ? { name: output.name } : { name: output.name, classes };
}
