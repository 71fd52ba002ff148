// Trains on the penguins from CSV to exported model in a process of its own.
// Arguments: directory to write to, seed, options as JSON. Prints the metrics as JSON.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openEngine, openExamples, writeSplit } from "../../engine/mod.ts";
import type { Json } from "../../model/mod.ts";
import {
  analyze,
  assetsDirectory,
  materialize,
  oneHot,
  trace,
  type TransformInputs,
  vocabulary,
  writeGraph,
  zScore,
} from "../../transform/mod.ts";
import {
  adam,
  concatenate,
  dense,
  dropout,
  embedding,
  flatten,
  input,
  type ModelFeatures,
  model,
} from "../layers/mod.ts";
import { invoke } from "../model-invoker.ts";
import { trainModel } from "../train-model.ts";

interface Penguin {
  readonly species: string;
  readonly island: string;
  readonly culmen_length_mm: number;
  readonly culmen_depth_mm: number;
  readonly flipper_length_mm: number;
  readonly body_mass_g: number;
  readonly sex: string;
}

const preprocessing = (t: TransformInputs<Penguin>) => ({
  culmen_length: zScore(t.culmen_length_mm),
  culmen_depth: zScore(t.culmen_depth_mm),
  flipper_length: zScore(t.flipper_length_mm),
  body_mass: zScore(t.body_mass_g),
  island: oneHot(vocabulary(t.island)),
  sex: vocabulary(t.sex),
  species: vocabulary(t.species),
});

function classifier({ features, label }: ModelFeatures) {
  const inputs = features.map(input);
  const parts = features.map(({ cardinality }, place) =>
    cardinality === undefined ? inputs[place]! : flatten(embedding(inputs[place]!, { outputDim: 2 })),
  );
  const hidden = dropout(dense(concatenate(parts), { units: 16, activation: "relu" }), 0.1);
  const output = dense(hidden, { units: label.classes!.length, activation: "softmax" });
  return model({ inputs, output, optimizer: adam({ learningRate: 0.01 }) });
}

const [, , directory = "", seed = "7", overrides = "{}"] = process.argv;
const path = (name: string) => join(directory, name);
const csv = join(import.meta.dirname, "../../../tests/goldens/penguins/data.csv");
const structure =
  "species Nullable(String), island Nullable(String), culmen_length_mm Nullable(Float32), " +
  "culmen_depth_mm Nullable(Float32), flipper_length_mm Nullable(Int64), body_mass_g Nullable(Int64), " +
  "sex Nullable(String)";

await mkdir(directory, { recursive: true });
await using engine = await openEngine({ dataDir: directory });
const rows = `(SELECT *, rowNumberInAllBlocks() AS row FROM ${engine.fileTable(csv, "CSVWithNames", structure)})`;
for (const [split, remainders] of Object.entries({ train: "0, 1", eval: "2", none: "3" })) {
  const chosen = `SELECT * EXCEPT row FROM ${rows} WHERE row % 3 IN (${remainders})`;
  await writeSplit(engine, path("raw"), split, chosen);
}
const raw = await openExamples(engine, path("raw"));
const kinds = { int: "int", float: "float", bytes: "string" } as const;
const outcome = trace(
  raw.columns.map(({ name, kind }) => ({ name, kind: kinds[kind] })),
  preprocessing,
);
if ("problem" in outcome) throw new TypeError(outcome.problem.message);
const assets = join(path("graph"), assetsDirectory);
const graph = await analyze(engine, outcome.graph, [raw.table("train")], assets);
writeGraph(path("graph"), graph);
for (const split of raw.splits) await materialize(engine, graph, raw, split, assets, path("transformed"));

const { metrics, backend } = await trainModel({
  engine,
  examples: await openExamples(engine, path("transformed")),
  graphPath: path("graph"),
  outputPath: path("model"),
  label: "species",
  trainSplit: "train",
  evalSplit: "eval",
  epochs: 30,
  batchSize: 16,
  seed: Number(seed),
  callModel: (features) => Promise.resolve(invoke(classifier, features)),
  ...(JSON.parse(overrides) as { readonly [key: string]: Json }),
}).catch((error: unknown) => {
  const { code, message } = error as { code?: string; message: string };
  return { backend: "", metrics: { code, message } };
});
process.stdout.write(JSON.stringify({ backend, ...metrics }));
