import { join } from "node:path";
import { openExamples, type Engine } from "../engine/mod.ts";
import type { Json } from "../model/mod.ts";
import { adam, concatenate, dense, input, model, type ModelFeatures } from "../training/layers/mod.ts";
import { trainModel } from "../training/mod.ts";
import {
  analyze,
  assetsDirectory,
  materialize,
  trace,
  vocabulary,
  writeGraph,
  zScore,
  type TransformInputs,
} from "../transform/mod.ts";
import type { TestTraining } from "./test-model.ts";

/** Transforms, trains and exports: see `trainTestModel`. */
export async function train(engine: Engine, training: TestTraining): Promise<string> {
  const { graphPath, transformedPath } = await transformExamples(engine, training);
  const outputPath = join(training.directory, "model");
  await trainModel({
    engine,
    examples: await openExamples(engine, transformedPath),
    graphPath,
    outputPath,
    label: training.label,
    trainSplit: "train",
    evalSplit: "eval",
    epochs: training.epochs ?? 30,
    batchSize: 32,
    seed: 7,
    callModel: (argument) => Promise.resolve(defineModel(argument as unknown as ModelFeatures) as unknown as Json),
  });
  return outputPath;
}

/** One graph of z-scores and the label's vocabulary, and both splits through it. */
async function transformExamples(engine: Engine, { directory, examplesPath, features, label }: TestTraining) {
  const [graphPath, transformedPath] = [join(directory, "graph"), join(directory, "transformed")];
  const assets = join(graphPath, assetsDirectory);
  const examples = await openExamples(engine, examplesPath);
  const graph = await analyze(engine, traced(features, label), [examples.table("train")], assets);
  writeGraph(graphPath, graph);
  for (const split of ["train", "eval"]) await materialize(engine, graph, examples, split, assets, transformedPath);
  return { graphPath, transformedPath };
}

function traced(features: readonly string[], label: string) {
  const numbers = features.map((name) => ({ name, kind: "float" as const }));
  const outcome = trace(
    [...numbers, { name: label, kind: "string" }],
    (row: TransformInputs<Record<string, never>>) => {
      const columns = row as unknown as TransformInputs<Record<string, number>> &
        TransformInputs<Record<string, string>>;
      return Object.fromEntries([
        ...features.map((name) => [name, zScore(columns[name]!)] as const),
        [label, vocabulary(columns[label]!)] as const,
      ]);
    },
  );
  if ("problem" in outcome) throw new Error(outcome.problem.message);
  return outcome.graph;
}

function defineModel({ features, label }: ModelFeatures) {
  const inputs = features.map(input);
  const hidden = dense(concatenate(inputs), { units: 16, activation: "relu" });
  const output = dense(hidden, { units: label.classes?.length ?? 1, activation: "softmax" });
  return model({ inputs, output, optimizer: adam({ learningRate: 0.05 }) });
}
