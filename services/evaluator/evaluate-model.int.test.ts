import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine, writeSplit, type Engine } from "millrace/engine";
import { digestOf } from "millrace/model";
import { evaluatorDeclaration } from "millrace/pipeline";
import { testExecution, testInput, trainTestModel } from "millrace/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluateModel } from "./evaluate-model.ts";

const evalRows = 120;

/** Three clusters that touch; every 40th label is none that the trainer saw. */
const rowsSql = (rows: number, seed: number, strangers: boolean) => `
  SELECT toNullable(toFloat32(number % 3 + (cityHash64(number, ${seed}) % 1000) / 800)) AS x,
    toNullable(toFloat32((cityHash64(number, ${seed}, 'y') % 1000) / 1000)) AS y,
    toNullable(if(number % 2 = 0, 'north', 'south')) AS side,
    toNullable(${strangers ? "if(number % 40 = 39, 'stranger'," : "("} ['red', 'green', 'blue'][number % 3 + 1])) AS kind
  FROM numbers(${rows})`;

let engine: Engine;
let directory: string;
let model: string;
let attempt = 0;

beforeAll(async () => {
  engine = await openEngine();
  directory = await mkdtemp(join(tmpdir(), "millrace-evaluator-"));
  await writeSplit(engine, join(directory, "examples"), "train", rowsSql(300, 1, false));
  await writeSplit(engine, join(directory, "examples"), "eval", rowsSql(evalRows, 2, true));
  const training = { features: ["x", "y"], label: "kind", directory: join(directory, "training") };
  model = await trainTestModel(engine, { ...training, examplesPath: join(directory, "examples") });
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function evaluate(parameters: Readonly<Record<string, unknown>>, examples = join(directory, "examples")) {
  const { context, outputs } = testExecution(evaluatorDeclaration, {
    directory: join(directory, `attempt-${(attempt += 1)}`),
    inputs: { examples: testInput("Examples", examples), model: testInput("Model", model, {}, digestOf("model")) },
    parameters,
  });
  const result = await evaluateModel(context);
  const files = (await readdir(outputs.evaluation.path)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(outputs.evaluation.path, file), "utf8")));
  return { result, texts: Object.fromEntries(files.map((file, index) => [file, texts[index] ?? ""])) };
}

describe("evaluateModel()", () => {
  it("writes configuration, metrics by slice and validations, and shows the overall metrics", async () => {
    const { result, texts } = await evaluate({ slices: [["side"]], thresholds: { accuracy: { min: 0.5 } } });
    expect(Object.keys(texts)).toEqual(["eval_config.json", "metrics.json", "validations.json"]);
    const metrics = JSON.parse(texts["metrics.json"] ?? "") as { slices: { slice: unknown; metrics: object }[] };
    expect(metrics.slices.map(({ slice }) => slice)).toEqual([[], [["side", "north"]], [["side", "south"]]]);
    expect(metrics.slices[0]?.metrics).toEqual(result.metrics);
    expect(result.metrics?.["accuracy"]).toBeGreaterThan(0.8);
    expect(result.metrics?.["accuracy"]).toBeLessThan(1);
    expect(JSON.parse(texts["validations.json"] ?? "")).toMatchObject({ validationOk: true, failures: [] });
    expect(JSON.parse(texts["eval_config.json"] ?? "")).toMatchObject({ model: digestOf("model"), split: "eval" });
  });

  it("counts labels that the model never saw as errors, and says so", async () => {
    const { result } = await evaluate({});
    expect(result.metrics).toMatchObject({ example_count: evalRows, unknown_label_count: evalRows / 40 });
    expect(result.note).toBe("3 examples have no label that the model knows, and count as errors");
  });

  it("notes thresholds that are not met, and those it can't check without a baseline", async () => {
    const change = { direction: "higher-is-better", absolute: 0 };
    const { result, texts } = await evaluate({ thresholds: { accuracy: { min: 0.999 }, auc: { change } } });
    expect(result.note).toMatch(/^thresholds not met: accuracy 0\.\d+ is below the minimum 0\.999\. 3 examples/);
    expect(JSON.parse(texts["validations.json"] ?? "")).toMatchObject({
      validationOk: false,
      failures: [{ code: "below-minimum", metric: "accuracy" }],
      changesNotChecked: ["auc"],
    });
  });

  it("fails a threshold on a metric that does not exist, and lists those that do", async () => {
    const { result } = await evaluate({ thresholds: { acuracy: { min: 0.5 } } });
    expect(result.note).toMatch(
      /^thresholds not met: acuracy has a threshold but .*\. metrics are .*accuracy, .*recall\/red/,
    );
  });

  it("gives the same bytes again", async () => {
    const parameters = { slices: [["side"]] };
    expect((await evaluate(parameters)).texts).toEqual((await evaluate(parameters)).texts);
  });

  it("says which label is absent", async () => {
    const unlabelled = join(directory, "unlabelled");
    await writeSplit(engine, unlabelled, "eval", `SELECT * EXCEPT kind FROM (${rowsSql(10, 3, false)})`);
    await expect(evaluate({}, unlabelled)).rejects.toMatchObject({
      class: "terminal",
      code: "column-absent",
      message: expect.stringContaining('"kind"'),
    });
  });
});
