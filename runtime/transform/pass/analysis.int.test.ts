import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, literal, openEngine } from "../../engine/mod.ts";
import type { Preprocessing } from "../feature.ts";
import { buckets, minMax, mul, vocabulary, zScore } from "../ops/mod.ts";
import { graphOf, type PenguinRow } from "../testing/penguin-columns.ts";
import { analyze } from "./analysis.ts";

describe("analyze()", () => {
  let engine: Engine;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-analysis-"));
    engine = await openEngine({ dataDir: folder });
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  async function resultsOf(preprocessing: Preprocessing<PenguinRow>, ...tables: readonly string[]) {
    const { results } = await analyze(engine, graphOf(preprocessing), tables, join(folder, "assets"));
    return results;
  }

  it("leaves missing values, NaN and infinities out of all numbers", async () => {
    const table = masses("1", "NULL", "nan", "3", "inf", "-inf");
    const results = await resultsOf((t) => ({ a: zScore(t.mass), b: minMax(t.mass), c: buckets(t.mass, 2) }), table);
    expect(results).toEqual([
      { type: "moments", mean: 2, variance: 1 },
      { type: "range", min: 1, max: 3 },
      { type: "quantiles", boundaries: [3] },
    ]);
  });

  it("takes the population's variance", async () => {
    const results = await resultsOf((t) => ({ a: zScore(t.mass) }), masses("1", "2", "3", "4"));
    expect(results).toEqual([{ type: "moments", mean: 2.5, variance: 1.25 }]);
  });

  it("reads the splits as one", async () => {
    const results = await resultsOf((t) => ({ a: minMax(t.mass) }), masses("1"), masses("5"));
    expect(results).toEqual([{ type: "range", min: 1, max: 5 }]);
  });

  it("has one bucket without a boundary", async () => {
    const results = await resultsOf((t) => ({ a: buckets(t.mass, 1) }), masses("1"));
    expect(results).toEqual([{ type: "quantiles", boundaries: [] }]);
  });

  it("orders vocabularies by falling frequency, then falling bytes, without empty texts and line breaks", async () => {
    const table = islands("b", "a", "c", "c", "", "x\ny", "x\r", "ä");
    const results = await resultsOf((t) => ({ a: vocabulary(t.island, { name: "ordered" }) }), table);
    expect(results).toEqual([{ type: "vocabulary", values: ["c", "ä", "b", "a"] }]);
    expect(readFileSync(join(folder, "assets/ordered"), "utf8")).toBe("c\nä\nb\na\n");
  });

  it("limits each vocabulary by itself", async () => {
    const table = islands("a", "a", "b", "b", "c");
    const limited = await resultsOf(
      (t) => ({ a: vocabulary(t.island, { topK: 1 }), b: vocabulary(t.island, { frequencyThreshold: 2 }) }),
      table,
    );
    expect(limited).toEqual([
      { type: "vocabulary", values: ["b"] },
      { type: "vocabulary", values: ["b", "a"] },
    ]);
  });

  it("analyzes what other analyzers' answers make", async () => {
    const table = masses("1", "2", "3", "4");
    const results = await resultsOf(
      (t) => ({ a: minMax(buckets(t.mass, 4)), b: vocabulary(buckets(t.mass, 2)) }),
      table,
    );
    expect(results).toContainEqual({ type: "range", min: 0, max: 3 });
    expect(results).toContainEqual({ type: "vocabulary", values: ["1", "0"] });
  });

  it.each([
    ["numbers", "NULL", (t) => ({ a: zScore(t.mass) }), "all-missing", "mass"],
    ["NaN only", "nan", (t) => ({ a: buckets(t.mass, 3) }), "all-missing", "mass"],
    ["texts", "1", (t) => ({ a: vocabulary(t.island) }), "all-missing", "island"],
    ["numbers within float32", "3e38", (t) => ({ a: zScore(mul(t.mass, t.age)) }), "all-missing", "mass, age"],
  ] satisfies readonly [string, string, Preprocessing<PenguinRow>, string, string][])(
    "refuses a column without %s, naming it",
    async (_, mass, preprocessing, code, field) => {
      const failing = resultsOf(preprocessing, masses(mass));
      await expect(failing).rejects.toMatchObject({ class: "terminal", code, place: { field } });
    },
  );

  it("refuses a variance beyond float32, naming the column and the mend", async () => {
    const failing = resultsOf((t) => ({ a: zScore(t.mass) }), masses("3e38", "-3e38"));
    await expect(failing).rejects.toMatchObject({ code: "analysis-overflow", place: { field: "mass" } });
    await expect(failing).rejects.toThrow("scale it down first, by div or log1p");
  });

  it("says how often a value had to occur", async () => {
    const failing = resultsOf((t) => ({ a: vocabulary(t.island, { frequencyThreshold: 3 }) }), islands("a"));
    await expect(failing).rejects.toThrow(
      'column "island" as the analyzed splits must have at least one text that occurs 3 times',
    );
  });
});

const structure = literal("mass Nullable(Float32), age Nullable(Int64), island Nullable(String)");

function masses(...values: readonly string[]): string {
  return `values(${structure}, ${values.map((value) => `(${value}, 1000000, NULL)`).join(", ")})`;
}

function islands(...values: readonly string[]): string {
  return `values(${structure}, ${values.map((value) => `(1, 1, ${literal(value)})`).join(", ")})`;
}
