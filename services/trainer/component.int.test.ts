import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openEngine, writeSplit } from "millrace/engine";
import { bundleUserFunction, sandboxedFunction, stopBundler } from "millrace/executor";
import { trainerDeclaration } from "millrace/pipeline";
import { testExecution, testInput } from "millrace/testing";
import { loadServingModel } from "millrace/training";
import { fruits, writeTinyGraph } from "millrace/training/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trainer } from "./component.ts";

const fixtures = join(import.meta.dirname, "fixtures");
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-trainer-test-"));
  await writeTinyGraph(join(folder, "graph"));
  await writeTransformed(join(folder, "examples"));
});

afterAll(async () => {
  await stopBundler();
  rmSync(folder, { recursive: true });
});

/** Indexes of a column's texts, and −1 for the row of an unknown fruit. */
function indexes(column: string, texts: readonly string[]): string {
  return [...fruits[column]!.map((text) => texts.indexOf(String(text))), -1].join(", ");
}

async function weights(parameters: Readonly<Record<string, unknown>>): Promise<Buffer> {
  const { outputs } = await execute("good", { epochs: 2, ...parameters });
  return readFileSync(join(outputs.model.path, "Format-Serving", "weights.bin"));
}

/** What Transform makes of the fruits; a row of an unknown fruit is among them. */
async function writeTransformed(path: string): Promise<void> {
  await using engine = await openEngine({ dataDir: folder });
  const grams = [...fruits["grams"]!, 50].map((value) => (Number(value) - 100) / 60).join(", ");
  const rows =
    `SELECT toNullable(toInt64(colour)) AS colour, toNullable(toInt64(fruit)) AS fruit, ` +
    `toNullable(toFloat32(grams)) AS grams FROM (SELECT ` +
    `arrayJoin(arrayZip([${indexes("colour", ["red", "yellow"])}], ` +
    `[${indexes("fruit", ["apple", "banana", "cherry"])}], [${grams}])) AS row, ` +
    `row.1 AS colour, row.2 AS fruit, row.3 AS grams)`;
  for (const split of ["train", "eval"]) await writeSplit(engine, path, split, rows);
}

async function execute(exportName: string, parameters: Readonly<Record<string, unknown>> = {}) {
  const directory = mkdtempSync(join(folder, "execution-"));
  const execution = testExecution(trainerDeclaration, {
    directory,
    inputs: {
      examples: testInput("Examples", join(folder, "examples"), { split_names: '["train","eval"]' }),
      graph: testInput("TransformGraph", join(folder, "graph")),
    },
    parameters: { label: "fruit", epochs: 60, batchSize: 5, ...parameters },
    functions: { model: await userFunction(directory, exportName) },
    seed: 7,
  });
  const metrics: [string, number][] = [];
  const context = {
    ...execution.context,
    metric: (name: string, _value: number, step: number) => void metrics.push([name, step]),
  };
  const result = await trainer.execute(context);
  return { outputs: execution.outputs, result: result!, metrics };
}

async function userFunction(directory: string, exportName: string) {
  const files = await bundleUserFunction({ entryFile: "model.ts", exportName, baseDir: fixtures });
  for (const [name, text] of Object.entries(files)) {
    const file = join(directory, "bundle", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return sandboxedFunction({ directory: join(directory, "bundle"), exportName, digest: "" });
}

describe("the trainer component", () => {
  it("trains the user's model, reports each epoch, and exports a model that predicts", async () => {
    const { outputs, result, metrics } = await execute("good");
    expect(result).toMatchObject({
      backend: expect.stringMatching(/^(wasm|tensorflow\S*) 4\./),
      metrics: { accuracy: 1 },
    });
    expect(Object.keys(result.metrics!)).toEqual(["loss", "accuracy", "eval_loss", "eval_accuracy"]);
    expect(metrics).toHaveLength(4 * 60);
    expect(metrics.at(-1)).toEqual(["eval_accuracy", 60]);
    expect(outputs.model.properties).toEqual({ backend: result.backend });
    const model = await loadServingModel(outputs.model.path);
    const { outputs: predicted } = await model.predict(fruits);
    expect(predicted.at(-1)!.data).toEqual(fruits["fruit"]);
    model.dispose();
  });

  it("gives equal bytes again, and others by a seed of its own", async () => {
    const first = await weights({});
    expect(await weights({})).toEqual(first);
    expect(await weights({ seed: 8 })).not.toEqual(first);
  });

  it("bundles the user's model without TensorFlow", async () => {
    const files = await bundleUserFunction({ entryFile: "model.ts", exportName: "good", baseDir: fixtures });
    expect(Object.values(files).join("\n")).not.toMatch(/tensorflow|node:/);
  });

  it.each([
    ["throwing", "user-code", /RangeError: no idea/, { line: 23 }],
    ["misusing", "user-code", /units 0: it must be a whole number from 1/, { line: 28 }],
    ["forgetful", "bad-model", /what forgetful returned .* undefined; is a return missing\?/, { line: 31 }],
    ["unknownInput", "bad-model", /input "weight" must be a transformed feature: they are "colour", "grams"/, {}],
    ["tooNarrow", "bad-model", /the output must have 3 units for label "fruit" .*: it has 2/, {}],
    ["exploding", "nan-loss", /in epoch \d+, batch \d of 2/, {}],
  ])("refuses a model that is %s, naming the place", async (exportName, code, message, place) => {
    await expect(execute(exportName, { epochs: 3 })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      place: "line" in place ? { file: expect.stringContaining("model.ts"), ...place } : {},
    });
  });

  it("names the labels there are when the one wanted is absent", async () => {
    await expect(execute("good", { label: "froot" })).rejects.toMatchObject({
      code: "label-absent",
      message: expect.stringMatching(/"froot" .* "colour", "fruit", "grams"/),
    });
  });

  it("puts into its cache key what can change its bytes", () => {
    const { backend, versions } = trainer.environment();
    expect(backend).toBe("wasm");
    expect(Object.keys(versions)).toContain("@tensorflow/tfjs-backend-wasm");
    expect(Object.keys(versions)).toContain("chdb");
  });
});
