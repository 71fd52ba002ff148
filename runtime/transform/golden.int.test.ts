import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../engine/mod.ts";
import { openEngine } from "../engine/mod.ts";
import { decodeExample, readTfRecords } from "../tensorflow/mod.ts";
import { analyze } from "./pass/analysis.ts";
import type { TransformedFeature } from "./evaluation/apply.ts";
import { applyTransform } from "./evaluation/apply.ts";
import type { AnyFeature, TransformInputs } from "./feature.ts";
import { buckets, cast, fillMissing, hashBuckets, minMax, vocabulary, zScore } from "./ops/mod.ts";
import { trace } from "./trace.ts";
import type { TransformGraph } from "./transform-graph.ts";
import { transformGraph } from "./transform-graph.ts";

const goldens = join(import.meta.dirname, "../../tests/goldens/penguins");
const numeric = ["culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g"] as const;
const texts = ["island", "sex", "species"] as const;

type PenguinRow = Record<(typeof numeric)[number], number> & Record<(typeof texts)[number], string>;

interface Golden {
  readonly input_rows: readonly Readonly<Record<string, readonly (string | number)[]>>[];
  readonly transformed_rows: readonly Readonly<Record<string, number>>[];
  readonly vocabulary_files: Readonly<Record<string, readonly string[]>>;
}

/** What `step_tft` of the script that made the golden file computes with tensorflow_transform 1.21.0. */
function preprocessing(t: TransformInputs<PenguinRow>): Record<string, AnyFeature> {
  const outputs: Record<string, AnyFeature> = {};
  for (const name of numeric) {
    const filled = cast(fillMissing(t[name], 0), "float");
    outputs[`${name}_z_fill0`] = zScore(filled);
    outputs[`${name}_01_fill0`] = minMax(filled);
    outputs[`${name}_bucket4_fill0`] = buckets(filled, 4);
    outputs[`${name}_z_missing_ignored`] = fillMissing(zScore(cast(t[name], "float")), -99);
  }
  for (const name of texts) {
    const filled = fillMissing(t[name], "");
    outputs[`${name}_vocab`] = vocabulary(filled, { name });
    outputs[`${name}_vocab_top2_oov2`] = vocabulary(filled, { topK: 2, oovBuckets: 2, name: `${name}_top2` });
    outputs[`${name}_vocab_freq`] = vocabulary(filled, { frequencyThreshold: 60, default: -5, name: `${name}_freq60` });
    outputs[`${name}_hash10`] = hashBuckets(filled, 10);
  }
  return outputs;
}

describe("a graph analyzed on the golden train split", () => {
  const golden = JSON.parse(readFileSync(join(goldens, "tft_output.json"), "utf8")) as Golden;
  let engine: Engine;
  let folder: string;
  let graph: TransformGraph;
  let transformed: Record<string, TransformedFeature>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-transform-test-"));
    engine = await openEngine({ dataDir: folder });
    const outcome = trace(
      [
        ...numeric.map((name) => ({ name, kind: name.startsWith("culmen") ? ("float" as const) : ("int" as const) })),
        ...texts.map((name) => ({ name, kind: "string" as const })),
      ],
      preprocessing,
    );
    if (!("graph" in outcome)) throw new Error(outcome.problem.message);
    graph = transformGraph(await analyze(engine, outcome.graph, [await trainTable()], join(folder, "assets")));
    transformed = applyTransform(graph, columnsOf(golden.input_rows));
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  async function trainTable(): Promise<string> {
    const file = join(goldens, "examples/Split-train/data_tfrecord-00000-of-00001.gz");
    const rows: Record<string, unknown>[] = [];
    for await (const record of readTfRecords(file)) rows.push(rowOf(decodeExample(record), rows.length));
    const columns = [
      "row UInt32",
      ...numeric.map((name) => `${name} Nullable(${name.startsWith("culmen") ? "Float32" : "Int64"})`),
      ...texts.map((name) => `${name} Nullable(String)`),
    ];
    const table = await engine.scratch({ columns: columns.join(", ") }, ["row"]);
    await engine.insert(table, rows);
    return table;
  }

  const numberOutputs = numeric.flatMap((name) =>
    ["z_fill0", "01_fill0", "bucket4_fill0", "z_missing_ignored"].map((kind) => `${name}_${kind}`),
  );
  const textOutputs = texts.flatMap((name) =>
    ["vocab", "vocab_top2_oov2", "vocab_freq", "hash10"].map((kind) => `${name}_${kind}`),
  );

  it.each([...numberOutputs, ...textOutputs])("gives TFT's values for %s", (name) => {
    const ours = Array.from<number | string>(transformed[name]?.data ?? []);
    expect(ours).toHaveLength(golden.transformed_rows.length);
    for (const [row, theirs] of golden.transformed_rows.entries()) {
      expect(Math.abs((ours[row] as number) - (theirs[name] ?? Number.NaN))).toBeLessThan(1e-6);
    }
  });

  it.each(texts.flatMap((name) => [name, `${name}_top2`]))("writes TFT's vocabulary file for %s", (name) => {
    const ours = readFileSync(join(folder, "assets", name), "utf8");
    expect(ours.split("\n")).toEqual(golden.vocabulary_files[name]);
  });

  it.each(texts)("keeps the values of %s that occur as often as asked", (name) => {
    const ours = readFileSync(join(folder, "assets", `${name}_freq60`), "utf8");
    const theirs = golden.vocabulary_files[`${name}_freq60`]?.map((line) => line.replace(/^\d+ /, ""));
    expect(ours.split("\n")).toEqual(theirs);
  });
});

function rowOf(example: ReturnType<typeof decodeExample>, row: number): Record<string, unknown> {
  const features = [...example].map(([name, feature]) => [
    name,
    feature.kind === "none" ? null : plain(feature.values[0]),
  ]);
  return { row, ...Object.fromEntries(features) };
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return typeof value === "bigint" ? Number(value) : (value ?? null);
}

function columnsOf(rows: Golden["input_rows"]) {
  return Object.fromEntries([...numeric, ...texts].map((name) => [name, rows.map((row) => row[name])]));
}
