import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEngine, openExamples, writeSplit, type Engine, type Examples } from "../engine/mod.ts";
import type { Classifier } from "./classifier.ts";
import { evaluateClassifier, overallSlice, type EvaluateOptions } from "./evaluate-classifier.ts";
import { batchRows } from "./predict-split.ts";

const rows = 2 * batchRows + 17;

let engine: Engine;
let directory: string;
let examples: Examples;

// Named as the columns of the predictions are, so that the two could be mixed up.
beforeAll(async () => {
  engine = await openEngine();
  directory = await mkdtemp(join(tmpdir(), "millrace-evaluate-"));
  await mkdir(join(directory, "examples"));
  const columns = `
    if(number % 7 = 0, NULL, toInt64(number)) AS "column_1", if(number % 3 = 0, 'odd''one', 'even') AS "kind of \`row\`",
    toNullable(toFloat32(number % 4)) AS "weight", if(number % 5 = 0, [], ['a', toString(number % 2), 'a']) AS "slices",
    toNullable(toInt64(number % 2)) AS "label"`;
  await writeSplit(engine, join(directory, "examples"), "eval", `SELECT ${columns} FROM numbers(${rows})`);
  await writeSplit(engine, join(directory, "examples"), "none", `SELECT ${columns} FROM numbers(0)`);
  examples = await openExamples(engine, join(directory, "examples"));
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** Says "odd" for odd positions, and "even" where the position is missing. */
const byPosition: Classifier = {
  classes: ["even", "odd"],
  features: ["column_1", "label", "not there"],
  scores: ({ column_1: position = [] }) =>
    Promise.resolve(
      Float32Array.from(position.flatMap((at) => (Number(at ?? 0) % 2 === 1 ? [0.25, 0.75] : [0.75, 0.25]))),
    ),
  labels: ({ label = [] }) => Int32Array.from(label.map(Number)),
};

const options = (changes: Partial<EvaluateOptions> = {}): EvaluateOptions => ({
  split: "eval",
  slices: [],
  scratch: directory,
  signal: new AbortController().signal,
  ...changes,
});

const oddMissing = Array.from({ length: rows }, (_, row) => row).filter((row) => row % 7 === 0 && row % 2 === 1).length;

describe("evaluateClassifier()", () => {
  it("keeps predictions, labels and slices of a row together over several batches", async () => {
    const slices = [["kind of `row`"], ["slices"], ["weight", "slices"]];
    const evaluation = await evaluateClassifier(engine, examples, byPosition, options({ slices }));
    expect(overallSlice(evaluation).metrics).toMatchObject({ example_count: rows, unknown_label_count: 0 });
    expect(overallSlice(evaluation).metrics["accuracy"]).toBeCloseTo(1 - oddMissing / rows, 12);
    const accuracyOf = (slice: readonly (readonly [string, string])[]) =>
      evaluation.slices.find((found) => JSON.stringify(found.slice) === JSON.stringify(slice))?.metrics["accuracy"];
    // Rows of even number are all predicted right, so a slice that holds only these has no error.
    expect(accuracyOf([["slices", "0"]])).toBe(1);
    expect(
      accuracyOf([
        ["weight", "2"],
        ["slices", "a"],
      ]),
    ).toBe(1);
    expect(
      accuracyOf([
        ["weight", "3"],
        ["slices", "a"],
      ]),
    ).toBeLessThan(1);
    expect(evaluation.slices.filter(({ slice }) => slice.length === 1).map(({ slice }) => slice[0]?.[1])).toEqual([
      "even",
      "odd'one",
      "0",
      "1",
      "a",
    ]);
  });

  it("weighs examples by a feature", async () => {
    const evaluation = await evaluateClassifier(engine, examples, byPosition, options({ weight: "weight" }));
    const weights = Array.from({ length: rows }, (_, row) => row % 4).reduce((sum, weight) => sum + weight, 0);
    expect(overallSlice(evaluation).metrics["weighted_example_count"]).toBe(weights);
  });

  it("gives a classifier only the features that there are", async () => {
    const seen: string[] = [];
    const classifier: Classifier = {
      ...byPosition,
      labels: (batch) => {
        seen.push(...Object.keys(batch));
        return byPosition.labels(batch);
      },
    };
    await evaluateClassifier(engine, examples, classifier, options());
    expect([...new Set(seen)]).toEqual(["column_1", "label"]);
  });

  it("leaves nothing behind in the scratch directory", async () => {
    await evaluateClassifier(engine, examples, byPosition, options());
    expect(await readdir(directory)).toEqual(["examples"]);
  });

  it.each<[string, Partial<EvaluateOptions>]>([
    ["no-such-split", { split: "test" }],
    ["empty-split", { split: "none" }],
    ["no-such-feature", { slices: [["island"]] }],
    ["bad-weight", { weight: "column_1" }],
    ["bad-weight", { weight: "slices" }],
    ["bad-weight", { weight: "size" }],
  ])("refuses: %s (%j)", async (code, changes) => {
    await expect(evaluateClassifier(engine, examples, byPosition, options(changes))).rejects.toMatchObject({
      class: "terminal",
      code,
    });
  });

  it("refuses a model that doesn't answer every row", async () => {
    const classifier = { ...byPosition, labels: () => new Int32Array(1) };
    await expect(evaluateClassifier(engine, examples, classifier, options())).rejects.toMatchObject({
      code: "prediction-count",
      message: `Cannot evaluate the model as it must answer each row: ${batchRows} labels were expected, it gave 1`,
    });
  });

  it("stops when it is asked to", async () => {
    const signal = AbortSignal.abort();
    await expect(evaluateClassifier(engine, examples, byPosition, options({ signal }))).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
