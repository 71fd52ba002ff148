import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, openEngine } from "../engine/mod.ts";
import type { ModelFeature } from "./layers/mod.ts";
import { modelInput } from "./model-input.ts";
import { countClasses, readTrainingSet } from "./read-training-set.ts";

const odd = "it's `odd` {x:Int8} \\";
const label = { name: "label", classes: ["a", "b"] };

let folder: string;
let engine: Engine;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-training-set-test-"));
  engine = await openEngine({ dataDir: folder });
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function read(table: string, features: readonly ModelFeature[], of: { name: string; classes?: string[] } = label) {
  return readTrainingSet(engine, { split: "train", table: `(${table})` }, features, of);
}

describe("readTrainingSet()", () => {
  it("reads single numbers and vectors, whatever their names", async () => {
    const table =
      `SELECT toFloat32(number) / 10 AS ${engineName(odd)}, [toFloat32(number), 0.5, 1e-30] AS v, ` +
      `toInt64(number % 2) AS label FROM numbers(3)`;
    const set = await read(table, [
      { name: odd, kind: "float", shape: [] },
      { name: "v", kind: "float", shape: [3] },
    ]);
    expect(set).toEqual({
      rows: 3,
      features: {
        [odd]: Float32Array.of(0, 0.1, 0.2),
        v: Float32Array.of(0, 0.5, 1e-30, 1, 0.5, 1e-30, 2, 0.5, 1e-30),
      },
      labels: Float32Array.of(0, 1, 0),
    });
  });

  it("takes a column by its name alone, also where its own columns are called that", async () => {
    const table =
      "SELECT toFloat32(1) AS f1, toFloat32(2) AS f0, toFloat32(3) AS source, toFloat32(4) AS label, 1 AS row";
    const names = ["f1", "f0", "source", "label"];
    const features = names.map((name): ModelFeature => ({ name, kind: "float", shape: [] }));
    const { features: read1, labels } = await read(table, features, { name: "row", classes: ["a", "b"] });
    expect(names.map((name) => read1[name]![0])).toEqual([1, 2, 3, 4]);
    expect([...labels]).toEqual([1]);
  });

  it("gives ids without a meaning the last id, as serving does", async () => {
    const ids = [0, 1, 2, 3, -1, 7];
    const feature: ModelFeature = { name: "id", kind: "int", shape: [], cardinality: 4 };
    const table = `SELECT toNullable(toInt64(arrayJoin([${ids.join(", ")}]))) AS id, 0 AS label`;
    const set = await read(table, [feature]);
    expect(set.features["id"]).toEqual(Float32Array.of(0, 1, 2, 3, 3, 3));
    expect(set.features["id"]).toEqual(modelInput(feature, { data: Int32Array.from(ids), shape: [ids.length] }));
  });

  it("leaves out rows whose label is missing or not among the classes, keeping the others' order", async () => {
    const table = `SELECT arrayJoin([(1, 1), (2, NULL), (3, -1), (4, 0), (5, 2)]) AS r, toFloat32(r.1) AS x, r.2 AS label`;
    const set = await read(table, [{ name: "x", kind: "float", shape: [] }]);
    expect([...set.features["x"]!]).toEqual([1, 4]);
    expect([...set.labels]).toEqual([1, 0]);
  });

  it("takes any finite number for the label of a regression", async () => {
    const table = "SELECT toFloat32(arrayJoin([1.5, nan, -2.5, inf])) AS y, toFloat32(1) AS x";
    const set = await read(table, [{ name: "x", kind: "float", shape: [] }], { name: "y" });
    expect([...set.labels]).toEqual([1.5, -2.5]);
  });

  it("reads more than it fetches at once, in order", async () => {
    const rows = 3_000;
    const width = 1_000;
    const table = `SELECT arrayMap(i -> toFloat32(number + i), range(${width})) AS v, 1 AS label FROM numbers(${rows})`;
    const set = await read(table, [{ name: "v", kind: "float", shape: [width] }]);
    expect(set.features["v"]).toEqual(
      Float32Array.from({ length: rows * width }, (_, place) => Math.floor(place / width) + (place % width)),
    );
  });

  it.each([
    ["NaN", "toFloat32(nan)"],
    ["infinite", "toFloat32(-inf)"],
    ["missing", "CAST(NULL, 'Nullable(Float32)')"],
  ])("refuses a feature with %s values, naming it", async (_, value) => {
    const table = `SELECT if(number = 1, ${value}, toFloat32(number)) AS x, 0 AS label FROM numbers(3)`;
    await expect(read(table, [{ name: "x", kind: "float", shape: [] }])).rejects.toMatchObject({
      code: "not-finite",
      place: { field: "x" },
    });
  });

  it("says whether a split is empty, or only its labels", async () => {
    const feature: ModelFeature = { name: "x", kind: "float", shape: [] };
    await expect(read("SELECT 0 AS label, 1 AS x WHERE 0", [feature])).rejects.toMatchObject({
      code: "no-rows",
      message: expect.stringMatching(/it has none$/),
    });
    await expect(read("SELECT -1 AS label, 1 AS x FROM numbers(4)", [feature])).rejects.toMatchObject({
      code: "no-rows",
      message: expect.stringMatching(/none of its 4 has a known value of "label"/),
    });
  });

  it("refuses more than fits into memory before it reads any", async () => {
    const table = "SELECT 1 AS x, 0 AS label FROM numbers(268435457)";
    await expect(read(table, [{ name: "x", kind: "float", shape: [] }])).rejects.toMatchObject({ code: "too-large" });
  });
});

describe("countClasses()", () => {
  it("is the greatest index and one", async () => {
    expect(await countClasses(engine, "(SELECT arrayJoin([0, 2, NULL]) AS y)", "y")).toBe(3);
  });
});

/** The column's name as SQL; written out here, so that the reader's own quoting is what is tested. */
function engineName(name: string): string {
  return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("{", "\\x7B").replaceAll("}", "\\x7D")}\``;
}
