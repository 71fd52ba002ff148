import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBackend } from "../tensorflow/mod.ts";
import { loadServingModel, type ServingModel } from "./serving-model.ts";
import { exportTinyModel, fruits } from "./testing/tiny-model.ts";

let directory: string;
let served: string;
let model: ServingModel;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-serving-model-test-"));
  served = await exportTinyModel(join(directory, "model"));
  model = await loadServingModel(served);
});

afterAll(async () => {
  model.dispose();
  await rm(directory, { recursive: true });
});

describe("exportModel()", () => {
  it("lays a model out as TFX does, its transform beside it", async () => {
    expect((await readdir(join(directory, "model"))).sort()).toEqual(["Format-Serving", "Format-TFMA"]);
    const files = (await readdir(served, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name).sort()).toEqual([
      "colour",
      "fruit",
      "model.json",
      "signature.json",
      "transform_graph.json",
      "weights.bin",
    ]);
  });

  it("gives equal bytes again, also in a process that has built the network before", async () => {
    const again = await exportTinyModel(join(directory, "again"));
    for (const name of ["model.json", "signature.json", "weights.bin"]) {
      expect(await readFile(join(again, name))).toEqual(await readFile(join(served, name)));
    }
  });

  it("asks a server for the raw columns that predictions need, and an evaluator for the label's too", async () => {
    const evaluated = await loadServingModel(join(directory, "model", "Format-TFMA"));
    expect(model.signature.inputs.map(({ name }) => name)).toEqual(["colour", "grams"]);
    expect(evaluated.signature.inputs.map(({ name }) => name)).toEqual(["colour", "fruit", "grams"]);
    evaluated.dispose();
  });
});

describe("an exported network", () => {
  it("is loaded by TensorFlow.js itself, and gives the same there", async () => {
    const { tf, layers } = await openBackend();
    const { modelTopology, weightsManifest } = JSON.parse(await readFile(join(served, "model.json"), "utf8")) as {
      modelTopology: object;
      weightsManifest: [{ weights: { name: string; shape: number[]; dtype: "float32" }[] }];
    };
    const weightData = Uint8Array.from(await readFile(join(served, "weights.bin"))).buffer;
    const [{ weights: weightSpecs }] = weightsManifest;
    const network = await layers.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
    const { grams, colour } = model.transform(fruits);
    const column = ({ data }: { data: Iterable<unknown> }) => tf.tensor2d([...data].map((value) => [Number(value)]));
    const scores = network.predict([column(colour!), column(grams!)]) as Tensor;
    expect(scores.dataSync()).toEqual((await model.predict(fruits)).probabilities);
  });
});

describe("predict()", () => {
  it("knows what it learned, from raw columns", async () => {
    const { outputs, probabilities, classIndices, rows } = await model.predict(fruits);
    expect(rows).toBe(10);
    expect(outputs.map(({ name }) => name)).toEqual(["probabilities", "class_id", "class"]);
    expect(outputs[2]!.data).toEqual(fruits["fruit"]);
    expect(classIndices).toEqual(model.labelIndices(fruits));
    for (let row = 0; row < rows; row++) {
      const sum = probabilities.subarray(row * 3, row * 3 + 3).reduce((total, value) => total + value, 0);
      expect(sum).toBeCloseTo(1, 5);
    }
  });

  it("predicts a row alone as it does among others", async () => {
    const together = await model.predict(fruits);
    const alone = await model.predict({ grams: [7], colour: ["red"] });
    expect([...alone.probabilities]).toEqual([...together.probabilities.subarray(8 * 3, 9 * 3)]);
  });

  it("takes absent columns, nulls and texts it never saw as such", async () => {
    const absent = await model.predict({ grams: [150, 150] });
    const nulls = await model.predict({ grams: [150, 150], colour: [null, "green"] });
    expect(nulls.probabilities).toEqual(absent.probabilities);
    expect(nulls.probabilities.every(Number.isFinite)).toBe(true);
  });

  it("predicts more rows than it holds at once, in their order", async () => {
    const rows = 4096 + 3;
    const grams = Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 8 : 120));
    const colour = grams.map((weight) => (weight === 8 ? "red" : "yellow"));
    const { outputs } = await model.predict({ grams, colour });
    expect(outputs[2]!.data).toEqual(grams.map((weight) => (weight === 8 ? "cherry" : "banana")));
  });

  it("stops when asked to", async () => {
    const grams = Array.from({ length: 5000 }, () => 8);
    await expect(model.predict({ grams }, AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  });

  it("names column and row of a value that doesn't fit", async () => {
    await expect(model.predict({ grams: [1, "x"], colour: [null, null] })).rejects.toMatchObject({
      code: "invalid-value",
      message: expect.stringMatching(/"grams" in row 1/),
    });
  });

  it("frees everything when disposed of", async () => {
    const { tf } = await openBackend();
    const before = tf.memory().numTensors;
    const other = await loadServingModel(served);
    await other.predict(fruits);
    other.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("gives one number a row for a regression", async () => {
    const regression = await loadServingModel(
      await exportTinyModel(join(directory, "regression"), { task: "regression" }),
    );
    const { outputs } = await regression.predict({ colour: ["red", "yellow"], fruit: ["cherry", "banana"] });
    expect(outputs).toEqual([{ name: "prediction", shape: [], data: expect.any(Float32Array) }]);
    expect(() => regression.labelIndices(fruits)).toThrow(expect.objectContaining({ code: "bad-label" }));
    regression.dispose();
  });
});

describe("labelIndices()", () => {
  it("gives −1 for labels that are missing or not known", () => {
    expect(model.labelIndices({ fruit: ["banana", null, "durian", "apple"] })).toEqual(Int32Array.of(1, -1, -1, 0));
  });

  it("names the column it needs", () => {
    expect(() => model.labelIndices({ grams: [1] })).toThrow(
      expect.objectContaining({ code: "column-absent", message: expect.stringMatching(/"fruit"/) }),
    );
  });
});

describe("loadServingModel()", () => {
  it.each<readonly [string, (path: string) => Promise<void>, string]>([
    ["no model.json", (path) => rm(join(path, "model.json")), "model.json"],
    ["weights cut short", (path) => truncate(join(path, "weights.bin"), 10), "weights.bin"],
    ["a signature of another form", (path) => writeFile(join(path, "signature.json"), "{}"), "signature.json"],
    ["a broken model.json", (path) => writeFile(join(path, "model.json"), "{"), "model.json"],
  ])("refuses a directory with %s, naming the file", async (what, spoil, file) => {
    const spoiled = await exportTinyModel(join(directory, what.replaceAll(" ", "-")), { epochs: 1 });
    await spoil(spoiled);
    await expect(loadServingModel(spoiled)).rejects.toMatchObject({
      code: "bad-model-files",
      place: { file: join(spoiled, file) },
    });
  });
});
