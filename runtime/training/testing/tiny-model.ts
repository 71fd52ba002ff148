import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackend } from "../../tensorflow/mod.ts";
import {
  type AnalyzerResult,
  applyTransform,
  assetsDirectory,
  loadTransformGraph,
  type RawBatch,
  trace,
  type TransformInputs,
  vocabulary,
  writeGraph,
  zScore,
} from "../../transform/mod.ts";
import { exportModel } from "../export-model.ts";
import { classesOf, describeFeatures } from "../features.ts";
import { fit } from "../fit.ts";
import { adam, concatenate, dense, embedding, flatten, input, model, type ModelFeatures } from "../layers/mod.ts";
import { modelInput } from "../model-input.ts";
import { buildNetwork, disposeNetwork } from "../network.ts";
import { usedFeatures } from "../task.ts";

/** Raw rows of a small task: fruit by weight and colour. */
interface Fruit {
  readonly grams: number;
  readonly colour: string;
  readonly fruit: string;
}

const preprocessing = (t: TransformInputs<Fruit>) => ({
  grams: zScore(t.grams),
  colour: vocabulary(t.colour, { name: "colour" }),
  fruit: vocabulary(t.fruit, { name: "fruit" }),
});

const vocabularies: Readonly<Record<string, readonly string[]>> = {
  colour: ["red", "yellow"],
  fruit: ["apple", "banana", "cherry"],
};

/** Rows that the tiny model learns, and knows by heart afterwards. */
export const fruits: RawBatch = {
  grams: [150, 160, 170, 120, 125, 110, 8, 9, 7, 155],
  colour: ["red", "red", "yellow", "yellow", "yellow", "yellow", "red", "red", "red", "red"],
  fruit: ["apple", "apple", "apple", "banana", "banana", "banana", "cherry", "cherry", "cherry", "apple"],
};

/** A classifier of the features there are; or of numbers, with one output. */
function classifier({ features, label }: ModelFeatures) {
  const inputs = features.map(input);
  const parts = features.map((feature, place) =>
    feature.cardinality === undefined ? inputs[place]! : flatten(embedding(inputs[place]!, { outputDim: 2 })),
  );
  const hidden = dense(concatenate(parts), { units: 16, activation: "relu" });
  const output = dense(hidden, { units: label.classes!.length, activation: "softmax" });
  return model({ inputs, output, optimizer: adam({ learningRate: 0.05 }) });
}

function regressor({ features }: ModelFeatures) {
  const inputs = features.map(input);
  const output = dense(concatenate(inputs), { units: 1 });
  return model({ inputs, output, optimizer: adam({ learningRate: 0.05 }), loss: "meanSquaredError" });
}

/** Which tiny model to make. */
export interface TinyModelOptions {
  /** Default a classification of fruit; a regression gives one bare number a row. */
  readonly task?: "classification" | "regression";
  /** Default 60. */
  readonly epochs?: number;
  readonly seed?: number;
}

/**
 * Trains a real, tiny model on `fruits` and exports it into a directory, as the Trainer does, but without an engine.
 * @returns The directory of `Format-Serving`.
 */
export async function exportTinyModel(directory: string, options: TinyModelOptions = {}): Promise<string> {
  const { task = "classification", epochs = 60, seed = 7 } = options;
  const graphPath = await mkdtemp(join(tmpdir(), "millrace-tiny-graph-"));
  try {
    await writeTinyGraph(graphPath);
    const graph = loadTransformGraph(graphPath);
    const label = task === "classification" ? "fruit" : "grams";
    const { features, label: output } = describeFeatures(graph, label);
    const classes = classesOf(output, 0);
    const described = { features, label: { name: label, ...(classes === undefined ? {} : { classes }) } };
    const definition = task === "classification" ? classifier(described) : regressor(described);
    const backend = await openBackend();
    const network = await buildNetwork(backend, definition, seed);
    const used = usedFeatures(definition, features);
    const transformed = applyTransform(graph, fruits);
    const values = used.map((feature) => [feature.name, modelInput(feature, transformed[feature.name]!)] as const);
    const labels = Float32Array.from(transformed[label]!.data as Float32Array);
    const set = { rows: labels.length, features: Object.fromEntries(values), labels };
    await fit(backend, network, set, set, { epochs, batchSize: 5, seed });
    await exportModel(directory, { ...described, network, definition, features: used, graph, graphPath });
    disposeNetwork(network);
    return join(directory, "Format-Serving");
  } finally {
    await rm(graphPath, { recursive: true });
  }
}

/** Writes the transform graph of `fruits`, its answers by hand, so that no engine is needed. */
export async function writeTinyGraph(path: string): Promise<void> {
  const columns = [
    { name: "grams", kind: "float" as const },
    { name: "colour", kind: "string" as const },
    { name: "fruit", kind: "string" as const },
  ];
  const outcome = trace(columns, preprocessing);
  if ("problem" in outcome) throw new TypeError(outcome.problem.message);
  await mkdir(join(path, assetsDirectory), { recursive: true });
  const results = outcome.graph.analyzers.map((analyzer): AnalyzerResult => {
    if (analyzer.type !== "vocabulary") return { type: "moments", mean: 100, variance: 3600 };
    return { type: "vocabulary", values: vocabularies[analyzer.asset]! };
  });
  for (const [name, values] of Object.entries(vocabularies)) {
    await writeFile(join(path, assetsDirectory, name), values.map((value) => `${value}\n`).join(""));
  }
  writeGraph(path, { ...outcome.graph, results });
}
