import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Anomalies, AnomalyInfo_Severity } from "millrace/contracts/tensorflow/metadata/v0/anomalies.ts";
import { writeAnomalies } from "millrace/data-validation";
import { openEngine, openExamples, writeSplit, type Engine } from "millrace/engine";
import { digestOf } from "millrace/model";
import {
  evaluateClassifier,
  loadClassifier,
  overallSlice,
  writeEvaluation,
  type Thresholds,
} from "millrace/model-analysis";
import { modelValidatorDeclaration } from "millrace/pipeline";
import { testExecution, testInput, trainTestModel } from "millrace/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { validateModel } from "./validate-model.ts";

/** Three clusters on a line, at `centres`, as wide as `spread`; the kinds come in the order of frequency. */
const rowsSql = (rows: number, seed: number, data: TestData) => `
  SELECT toNullable(toFloat32([${data.centres.join(", ")}][position] + ${data.spread} * noise)) AS x,
    toNullable(toFloat32((cityHash64(number, ${seed}, 'y') % 1000) / 1000)) AS y,
    toNullable(['red', 'green', 'blue'][position]) AS kind
  FROM (
    SELECT number, (cityHash64(number, ${seed}) % 1000) / 1000 - 0.5 AS noise,
      [${data.frequencies.join(", ")}][number % 6 + 1] AS position
    FROM numbers(${rows})
  )`;

interface TestData {
  readonly centres: readonly number[];
  readonly spread: number;
  /** Which of the three kinds each sixth of the rows is. */
  readonly frequencies: readonly number[];
}

const hard: TestData = { centres: [0, 1, 2], spread: 1.6, frequencies: [1, 1, 1, 2, 2, 3] };
const easy: TestData = { ...hard, spread: 0.1 };
/** As hard as `hard`, but the most frequent kind is the last, so that a vocabulary has them in another order. */
const turned: TestData = { ...hard, frequencies: [3, 3, 3, 2, 2, 1] };
const shifted: TestData = { ...easy, centres: [2, 0, 1] };

let engine: Engine;
let directory: string;
const models: Record<string, string> = {};
let attempt = 0;

async function makeModel(name: string, data: TestData): Promise<void> {
  const examplesPath = join(directory, `examples-${name}`);
  await writeSplit(engine, examplesPath, "train", rowsSql(600, 1, data));
  await writeSplit(engine, examplesPath, "eval", rowsSql(300, 2, data));
  const training = { features: ["x", "y"], label: "kind", directory: join(directory, name), epochs: 15 };
  models[name] = await trainTestModel(engine, { ...training, examplesPath });
}

beforeAll(async () => {
  engine = await openEngine();
  directory = await mkdtemp(join(tmpdir(), "millrace-validator-"));
  for (const [name, data] of Object.entries({ hard, easy, turned, shifted })) await makeModel(name, data);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const modelInput = (name: string) => testInput("Model", models[name] ?? "", {}, digestOf(name));

interface Case {
  readonly candidate: string;
  readonly baseline?: string;
  readonly data?: string;
  readonly thresholds?: Thresholds;
  readonly anomalies?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly evaluationOf?: string;
}

async function validate({ candidate, baseline, data = "hard", thresholds = {}, ...given }: Case) {
  const place = join(directory, `attempt-${(attempt += 1)}`);
  await mkdir(join(place, "evaluation"), { recursive: true });
  const config = {
    model: digestOf(given.evaluationOf ?? candidate),
    examples: "",
    split: "eval",
    slices: [],
    thresholds,
  };
  await writeEvaluation(join(place, "evaluation"), config, { classes: [], slices: [] }, []);
  const { context, outputs } = testExecution(modelValidatorDeclaration, {
    directory: place,
    inputs: {
      examples: testInput("Examples", join(directory, `examples-${data}`)),
      model: modelInput(candidate),
      evaluation: testInput("ModelEvaluation", join(place, "evaluation")),
      anomalies: given.anomalies === undefined ? undefined : testInput("ExampleAnomalies", given.anomalies),
      baseline: baseline === undefined ? undefined : modelInput(baseline),
    },
    parameters: given.parameters ?? {},
  });
  const result = await validateModel(context);
  const { path, properties } = outputs.blessing;
  const validation = await readFile(join(path, "validation.json"), "utf8");
  return { ...result, properties, validation, files: (await readdir(path)).sort() };
}

const info = (severity: AnomalyInfo_Severity, shortDescription: string) => ({ severity, shortDescription, reason: [] });

/** Accuracy of a model on the eval split of some data. */
async function accuracyOn(name: string, data: string): Promise<number> {
  using classifier = await loadClassifier(models[name] ?? "");
  const examples = await openExamples(engine, join(directory, `examples-${data}`));
  const signal = new AbortController().signal;
  const options = { split: "eval", slices: [], scratch: directory, signal };
  return (
    overallSlice(await evaluateClassifier(engine, examples, classifier, options)).metrics["accuracy"] ?? Number.NaN
  );
}

describe("validateModel()", () => {
  it("blesses the first model, with its digest and no baseline's", async () => {
    const blessing = await validate({ candidate: "hard" });
    expect(blessing.files).toEqual(["BLESSED", "validation.json"]);
    expect(blessing.properties).toEqual({ blessed: "1", current_model: digestOf("hard") });
    expect(blessing.note).toMatch(/^blessed: the first model of the pipeline, accuracy 0\.\d+$/);
  });

  it("blesses a model that beats, on this run's data, a baseline whose own numbers were better", async () => {
    expect(await accuracyOn("shifted", "shifted")).toBeGreaterThan(await accuracyOn("hard", "hard"));
    const blessing = await validate({ candidate: "hard", baseline: "shifted" });
    expect(blessing.properties).toEqual({
      blessed: "1",
      current_model: digestOf("hard"),
      baseline_model: digestOf("shifted"),
    });
    const { accuracy = 0, baseline_accuracy: before = 1 } = blessing.metrics ?? {};
    expect(accuracy).toBeGreaterThan(before);
  });

  it("withholds the blessing from a model that is worse, and says by how much", async () => {
    const blessing = await validate({ candidate: "shifted", baseline: "hard" });
    expect(blessing.files).toEqual(["NOT_BLESSED", "validation.json"]);
    expect(blessing.properties["blessed"]).toBe("0");
    expect(blessing.note).toMatch(/^not blessed: accuracy 0\.\d+ is 0\.\d+ below the baseline's 0\.\d+$/);
    expect(JSON.parse(blessing.validation)).toMatchObject({
      blessed: false,
      objections: [{ code: "worse-than-baseline" }],
      candidate: { model: digestOf("shifted"), slices: [{ metrics: { accuracy: blessing.metrics?.["accuracy"] } }] },
      baseline: { model: digestOf("hard"), slices: [{ metrics: { accuracy: await accuracyOn("hard", "hard") } }] },
    });
  });

  it("compares classes by name, though the baseline's vocabulary has them in another order", async () => {
    const graphs = await Promise.all(["hard", "turned"].map((name) => vocabularyOf(models[name] ?? "")));
    expect(graphs).toEqual([
      ["red", "green", "blue"],
      ["blue", "green", "red"],
    ]);
    expect(await accuracyOn("turned", "hard")).toBeGreaterThan(0.5);
  });

  it("lets a model be worse within the tolerance", async () => {
    const [worse, better] = [await accuracyOn("turned", "hard"), await accuracyOn("hard", "hard")];
    expect(worse).toBeLessThan(better);
    const given = { candidate: "turned", baseline: "hard" };
    expect((await validate(given)).properties["blessed"]).toBe("0");
    const parameters = { tolerance: better - worse };
    expect((await validate({ ...given, parameters })).properties["blessed"]).toBe("1");
  });

  it("holds a model to the thresholds of its evaluation, changes included where there is a baseline", async () => {
    const thresholds = { loss: { change: { direction: "lower-is-better", absolute: -1 } } } as const;
    expect((await validate({ candidate: "hard", thresholds })).properties["blessed"]).toBe("1");
    expect((await validate({ candidate: "hard", baseline: "turned", thresholds })).note).toMatch(
      /^not blessed: loss .* is outside the allowed change \(lower-is-better: absolute -1\)$/,
    );
    const impossible = { "recall/blue": { min: 2 } };
    expect((await validate({ candidate: "hard", thresholds: impossible })).note).toContain("is below the minimum 2");
  });

  it("withholds the blessing for anomalies of severity ERROR unless it is told to warn", async () => {
    const anomalies = join(directory, "anomalies");
    const anomalyInfo = {
      x: info(AnomalyInfo_Severity.ERROR, "Column dropped"),
      y: info(AnomalyInfo_Severity.WARNING, "New column"),
    };
    await writeAnomalies(anomalies, "eval", Anomalies.fromPartial({ anomalyInfo }));
    const withheld = await validate({ candidate: "hard", anomalies });
    expect(withheld.properties["blessed"]).toBe("0");
    expect(withheld.note).toBe("not blessed: the data has anomalies: x in eval (Column dropped)");
    const warned = await validate({ candidate: "hard", anomalies, parameters: { onAnomalies: "warn" } });
    expect(warned.properties["blessed"]).toBe("1");
    expect(warned.note).toContain("though the data has anomalies: x in eval (Column dropped)");
  });

  it("takes a split without examples, and anomalies of the whole dataset, for errors", async () => {
    const anomalies = join(directory, "dataset-anomalies");
    const datasetAnomalyInfo = info(AnomalyInfo_Severity.ERROR, "Low num examples in dataset.");
    await writeAnomalies(anomalies, "eval", Anomalies.fromPartial({ datasetAnomalyInfo }));
    await writeAnomalies(anomalies, "train", Anomalies.fromPartial({ dataMissing: true }));
    expect((await validate({ candidate: "hard", anomalies })).note).toBe(
      "not blessed: the data has anomalies: the dataset in eval (Low num examples in dataset.) and 1 more",
    );
  });

  it("gives the same bytes again", async () => {
    const given = { candidate: "hard", baseline: "easy" };
    expect((await validate(given)).validation).toBe((await validate(given)).validation);
  });

  it("refuses an evaluation of another model", async () => {
    await expect(validate({ candidate: "hard", evaluationOf: "easy" })).rejects.toMatchObject({
      code: "evaluation-of-other-model",
    });
  });

  it("says that it is the baseline which can't be evaluated", async () => {
    models["damaged"] = join(directory, "damaged");
    await mkdir(models["damaged"]);
    await expect(validate({ candidate: "hard", baseline: "damaged" })).rejects.toMatchObject({
      code: "baseline-not-evaluable",
      message: expect.stringContaining(digestOf("damaged")),
    });
  });
});

/** Class names by index, as the model has them. */
async function vocabularyOf(model: string): Promise<readonly string[]> {
  using classifier = await loadClassifier(model);
  return classifier.classes;
}
