import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, asyncProperty, boolean, integer, tuple } from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEngine, type Engine } from "../engine/mod.ts";
import { confusionBySlice } from "./confusion-matrix.ts";
import { metricValue } from "./metric-name.ts";
import { computeMetrics, type SliceMetrics } from "./metrics.ts";
import type { Predictions } from "./predictions.ts";
import { slicesMax } from "./totals.ts";

const goldens = new URL("../../tests/goldens/penguins/", import.meta.url);

interface GoldenPredictions {
  readonly classes: readonly string[];
  readonly rows: readonly { readonly island: string; readonly label: number; readonly probabilities: number[] }[];
}

interface GoldenSlice {
  readonly slice: readonly (readonly [string, string])[];
  readonly metrics: Readonly<Record<string, { readonly doubleValue: number } & GoldenMatrices>>;
}

interface GoldenMatrices {
  readonly multiClassConfusionMatrixAtThresholds?: {
    readonly matrices: readonly {
      readonly entries: readonly {
        readonly actualClassId?: number;
        readonly predictedClassId?: number;
        readonly numWeightedExamples: number;
      }[];
    }[];
  };
}

type Golden = Readonly<
  Record<"multiclass" | "binary" | "binary_weighted", { readonly slices: readonly GoldenSlice[] }>
>;

let engine: Engine;
let directory: string;

beforeAll(async () => {
  engine = await openEngine();
  directory = await mkdtemp(join(tmpdir(), "millrace-metrics-"));
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function readGolden<Content>(path: string): Promise<Content> {
  return JSON.parse(await readFile(new URL(path, goldens), "utf8")) as Content;
}

/** Writes rows of predictions to a file that the engine reads. */
async function predictionsOf(
  name: string,
  classes: readonly string[],
  rows: readonly { label: number; scores: readonly number[]; weight: number; slices: readonly string[][] }[],
): Promise<Predictions> {
  const path = join(directory, `${name}.jsonl`);
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  const structure = "label Int32, scores Array(Float32), weight Float64, slices Array(Array(String))";
  return { table: engine.fileTable(path, "JSONEachRow", structure), classes, sliceFeatures: ["island"] };
}

async function goldenPredictions(name: string, weighted: boolean): Promise<Predictions> {
  const golden = await readGolden<GoldenPredictions>(`${name}/predictions.json`);
  return predictionsOf(
    `${name}-${weighted}`,
    golden.classes,
    golden.rows.map((row, index) => ({
      label: row.label,
      scores: row.probabilities,
      weight: weighted ? 1 + (index % 3) : 1,
      slices: [[row.island]],
    })),
  );
}

function goldenValue(golden: Golden, section: keyof Golden, slice: SliceMetrics, metric: string): number | undefined {
  const found = golden[section].slices.find((entry) => JSON.stringify(entry.slice) === JSON.stringify(slice.slice));
  return found?.metrics[metric]?.doubleValue;
}

const total = (counts: readonly { readonly count: number }[] = []): number =>
  counts.reduce((sum, { count }) => sum + count, 0);

/** Our name, TFMA's section and name, and digits that must agree (Keras' own metrics are float32). */
const comparisons = [
  ["example_count", "multiclass", "example_count", 12],
  ["accuracy", "multiclass", "sparse_categorical_accuracy", 6],
  ["loss", "multiclass", "sparse_categorical_crossentropy", 6],
  ["auc/Adelie", "binary", "auc", 12],
  ["auc_pr/Adelie", "binary", "auc_precision_recall", 12],
  ["precision/Adelie", "binary", "precision", 12],
  ["recall/Adelie", "binary", "recall", 12],
  ["calibration/Adelie", "binary", "calibration", 12],
  ["mean_label/Adelie", "binary", "mean_label", 12],
  ["mean_prediction/Adelie", "binary", "mean_prediction", 12],
] as const;

const weightedComparisons = [
  ["weighted_example_count", "binary_weighted", "weighted_example_count", 12],
  ["auc/Adelie", "binary_weighted", "auc", 12],
  ["calibration/Adelie", "binary_weighted", "calibration", 12],
] as const;

describe.each(["tfma", "tfma_noisy"])("computeMetrics() on the predictions of %s", (name) => {
  it.each([
    [false, comparisons],
    [true, weightedComparisons],
  ] as const)("agrees with TFMA overall and on every island (weighted: %s)", async (weighted, table) => {
    const golden = await readGolden<Golden>(`${name}/metrics.json`);
    const slices = await computeMetrics(engine, await goldenPredictions(name, weighted), [[], ["island"]]);
    expect(slices.map(({ slice }) => slice)).toEqual([
      [],
      [["island", "Biscoe"]],
      [["island", "Dream"]],
      [["island", "Torgersen"]],
    ]);
    for (const slice of slices) {
      for (const [metric, section, golds, digits] of table) {
        const expected = goldenValue(golden, section, slice, golds);
        expect(expected, `${section}.${golds} in the golden file`).toBeTypeOf("number");
        expect(metricValue(slice, metric), metric).toBeCloseTo(expected ?? Number.NaN, digits);
      }
    }
  });

  it("has TFMA's multi-class confusion matrix at threshold 0.5", async () => {
    const golden = await readGolden<Golden>(`${name}/metrics.json`);
    const overall = golden.multiclass.slices.find(({ slice }) => slice.length === 0);
    const entries =
      overall?.metrics["multi_class_confusion_matrix_at_thresholds"]?.multiClassConfusionMatrixAtThresholds?.matrices[0]
        ?.entries ?? [];
    const cells = await confusionBySlice(engine, await goldenPredictions(name, false), [], 0.5);
    expect(cells.map(({ label, predicted, count }) => ({ label, predicted, count }))).toEqual(
      entries.map((entry) => ({
        label: entry.actualClassId ?? 0,
        predicted: entry.predictedClassId ?? 0,
        count: entry.numWeightedExamples,
      })),
    );
  });

  it("counts every example once in the confusion matrix and in each class's calibration buckets", async () => {
    const [overall] = await computeMetrics(engine, await goldenPredictions(name, false), [[]]);
    expect(total(overall?.confusionMatrix)).toBe(344);
    for (const buckets of Object.values(overall?.calibrationBuckets ?? {})) expect(total(buckets)).toBe(344);
  });
});

describe("computeMetrics()", () => {
  it("gives AUC 0 on a slice of one class, as TFMA does, and averages over the classes that occur", async () => {
    const slices = await computeMetrics(engine, await goldenPredictions("tfma_noisy", false), [["island"]]);
    const [biscoe, , torgersen] = slices;
    expect(torgersen?.metrics["auc"]).toBe(0);
    const [adelie, gentoo] = ["auc/Adelie", "auc/Gentoo"].map(
      (auc) => (biscoe && metricValue(biscoe, auc)) ?? Number.NaN,
    );
    expect(biscoe?.metrics["auc"]).toBeCloseTo(((adelie ?? 0) + (gentoo ?? 0)) / 2, 12);
  });

  it("counts a label that the model doesn't know as an error, under no class's name", async () => {
    const predictions = await predictionsOf(
      "unknown",
      ["a", "b"],
      [
        { label: 0, scores: [0.9, 0.1], weight: 1, slices: [[]] },
        { label: -1, scores: [0.9, 0.1], weight: 1, slices: [[]] },
      ],
    );
    const [overall] = await computeMetrics(engine, predictions, [[]]);
    expect(overall?.metrics).toMatchObject({ accuracy: 0.5, unknown_label_count: 1 });
    expect(overall?.confusionMatrix).toEqual([
      { label: null, predicted: "a", count: 1 },
      { label: "a", predicted: "a", count: 1 },
    ]);
  });

  it("puts a row in one slice a value, and in none where the feature is missing", async () => {
    const predictions = await predictionsOf(
      "values",
      ["a", "b"],
      [
        { label: 0, scores: [0.9, 0.1], weight: 1, slices: [["x", "y"]] },
        { label: 1, scores: [0.9, 0.1], weight: 1, slices: [["y"]] },
        { label: 1, scores: [0.9, 0.1], weight: 1, slices: [[]] },
      ],
    );
    const slices = await computeMetrics(engine, predictions, [["island"]]);
    expect(slices.map(({ slice, metrics }) => [slice[0]?.[1], metrics["example_count"], metrics["accuracy"]])).toEqual([
      ["x", 1, 1],
      ["y", 2, 0.5],
    ]);
  });

  it("refuses predictions that are not finite, and says how many", async () => {
    const row = "SELECT toInt32(0) AS label, [toFloat32(nan), toFloat32(0.5)] AS scores, toFloat64(1) AS weight";
    const predictions = { table: `(${row})`, classes: ["a", "b"], sliceFeatures: [] };
    await expect(computeMetrics(engine, predictions, [[]])).rejects.toMatchObject({
      code: "prediction-not-finite",
      message: expect.stringContaining("1 of 1 predictions (overall)"),
    });
  });

  it("refuses a slicing that makes too many slices, and names it", async () => {
    const row = "SELECT toInt32(0) AS label, [toFloat32(1), toFloat32(0)] AS scores, toFloat64(1) AS weight";
    const table = `(${row}, [[toString(number)]] AS slices FROM numbers(${slicesMax + 1}))`;
    const predictions = { table, classes: ["a", "b"], sliceFeatures: ["id"] };
    await expect(computeMetrics(engine, predictions, [["id"]])).rejects.toMatchObject({
      code: "too-many-slices",
      place: { field: "id" },
    });
  });

  it("gives the AUC that counting all pairs of examples gives, whatever the scores", async () => {
    const examples = array(tuple(integer({ min: 0, max: 100 }), boolean()), { minLength: 1, maxLength: 60 });
    let run = 0;
    await assert(
      asyncProperty(examples, async (drawn) => {
        const rows = drawn.map(([percent, positive]) => ({
          label: positive ? 1 : 0,
          scores: [1 - percent / 100, percent / 100],
          weight: 1,
          slices: [[]],
        }));
        const [overall] = await computeMetrics(engine, await predictionsOf(`pairs-${(run += 1)}`, ["a", "b"], rows), [
          [],
        ]);
        expect(overall?.classes["b"]?.["auc"]).toBeCloseTo(aucOfPairs(drawn), 10);
      }),
      { numRuns: 30, seed: 5 },
    );
  });
});

/** How often a positive example scores above a negative one, ties counting half; 0 if there are no pairs. */
function aucOfPairs(drawn: readonly (readonly [number, boolean])[]): number {
  const scoresOf = (wanted: boolean): number[] =>
    drawn.filter(([, positive]) => positive === wanted).map(([score]) => score);
  const wins = scoresOf(true).flatMap((one) => scoresOf(false).map((other) => (Math.sign(one - other) + 1) / 2));
  return wins.length === 0 ? 0 : wins.reduce((sum, win) => sum + win, 0) / wins.length;
}
