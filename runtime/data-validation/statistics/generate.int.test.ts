import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DatasetFeatureStatistics,
  DatasetFeatureStatisticsList,
  type FeatureNameStatistics,
  FeatureNameStatistics_Type,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { columnStructure, type Engine, type FeatureColumn, identifier, openEngine } from "../../engine/mod.ts";
import { decodeExample, readTfRecords } from "../../tensorflow/mod.ts";
import { generateStatistics } from "./generate.ts";

const goldens = new URL("../../../tests/goldens/penguins/", import.meta.url);
const penguins: readonly FeatureColumn[] = [
  { name: "species", kind: "bytes", repeated: false },
  { name: "island", kind: "bytes", repeated: false },
  { name: "culmen_length_mm", kind: "float", repeated: false },
  { name: "culmen_depth_mm", kind: "float", repeated: false },
  { name: "flipper_length_mm", kind: "int", repeated: false },
  { name: "body_mass_g", kind: "int", repeated: false },
  { name: "sex", kind: "bytes", repeated: false },
];

/** Relative difference allowed for sums of floats, which TFDV adds in another order; everything else is equal. */
const momentTolerance = 1e-13;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

async function goldenTable(split: string): Promise<string> {
  const path = new URL(`examples/Split-${split}/data_tfrecord-00000-of-00001.gz`, goldens);
  const rows: Record<string, unknown>[] = [];
  for await (const record of readTfRecords(fileURLToPath(path))) {
    const cells = [...decodeExample(record)].map(([name, feature]) => {
      const [value] = feature.kind === "none" ? [] : feature.values;
      if (value === undefined) return [name, null];
      return [name, value instanceof Uint8Array ? Buffer.from(value).toString() : Number(value)];
    });
    rows.push({ row: rows.length, ...Object.fromEntries(cells) });
  }
  const table = await engine.scratch({ columns: `\`row\` UInt64, ${columnStructure(penguins)}` }, ["row"]);
  await engine.insert(table, rows);
  return table;
}

async function statisticsOf(select: string, columns: readonly FeatureColumn[]): Promise<FeatureNameStatistics[]> {
  return (await generateStatistics(engine, `(${select})`, columns)).features;
}

function golden(split: string): DatasetFeatureStatistics {
  const bytes = readFileSync(new URL(`statistics/Split-${split}/FeatureStats.pb`, goldens));
  return DatasetFeatureStatisticsList.decode(bytes).datasets[0]!;
}

const near = (actual: number, expected: number) =>
  Math.abs(actual - expected) <= momentTolerance * Math.abs(expected) ? expected : actual;

/** JSON form, with mean and standard deviation put to the reference's where they are within tolerance. */
function comparable(statistics: DatasetFeatureStatistics, reference: DatasetFeatureStatistics): unknown {
  const features = statistics.features.map((feature, index) => {
    const expected = reference.features[index]?.stats;
    if (feature.stats?.$case !== "numStats" || expected?.$case !== "numStats") return feature;
    const mean = near(feature.stats.value.mean, expected.value.mean);
    const stdDev = near(feature.stats.value.stdDev, expected.value.stdDev);
    return { ...feature, stats: { $case: "numStats" as const, value: { ...feature.stats.value, mean, stdDev } } };
  });
  return DatasetFeatureStatistics.toJSON({ ...statistics, features });
}

function numeric(feature: FeatureNameStatistics | undefined) {
  if (feature?.stats?.$case !== "numStats") throw new Error("no numeric statistics");
  return feature.stats.value;
}

function strings(feature: FeatureNameStatistics | undefined) {
  if (feature?.stats?.$case !== "stringStats") throw new Error("no string statistics");
  return feature.stats.value;
}

describe("generateStatistics()", () => {
  it.each(["train", "eval"])("computes what TFDV computed for the %s split of the penguins", async (split) => {
    const computed = await generateStatistics(engine, await goldenTable(split), penguins);
    const decoded = DatasetFeatureStatistics.decode(DatasetFeatureStatistics.encode(computed).finish());
    expect(comparable(decoded, golden(split))).toEqual(DatasetFeatureStatistics.toJSON(golden(split)));
  });

  it("gives the same bytes again", async () => {
    const table = await goldenTable("train");
    const bytes = async () =>
      DatasetFeatureStatistics.encode(await generateStatistics(engine, table, penguins)).finish();
    expect(await bytes()).toEqual(await bytes());
  });

  it("counts the values of lists, and an empty list as present", async () => {
    const columns = [
      { name: "numbers", kind: "int", repeated: true },
      { name: "texts", kind: "bytes", repeated: true },
    ] as const;
    const rows = "SELECT arrayJoin([([1, 2, 2]::Array(Int64), ['a']), ([], ['b', 'b']), ([5], [])]) AS row";
    const select = `SELECT row.1 AS numbers, row.2 AS texts FROM (${rows})`;
    const [numbers, texts] = await statisticsOf(select, columns);
    expect(numeric(numbers)).toMatchObject({ mean: 2.5, min: 1, max: 5, median: 2 });
    expect(numeric(numbers).commonStats).toMatchObject({
      numNonMissing: 3n,
      minNumValues: 0n,
      maxNumValues: 3n,
      totNumValues: 4n,
      avgNumValues: Math.fround(4 / 3),
    });
    expect(strings(texts).commonStats).toMatchObject({ numNonMissing: 3n, maxNumValues: 2n, totNumValues: 3n });
    expect(strings(texts).topValues).toEqual([
      { value: "b", frequency: 2 },
      { value: "a", frequency: 1 },
    ]);
  });

  it("keeps NaN out of the moments, and gives infinities buckets of their own", async () => {
    const select = "SELECT arrayJoin([1, 2, 3, nan, inf, -inf, 0, -0.0])::Nullable(Float32) AS x";
    const [feature] = await statisticsOf(select, [{ name: "x", kind: "float", repeated: false }]);
    const { numZeros, min, max, histograms, commonStats } = numeric(feature);
    expect({ numZeros, min, max }).toEqual({
      numZeros: 2n,
      min: Number.NEGATIVE_INFINITY,
      max: Number.POSITIVE_INFINITY,
    });
    expect(commonStats?.totNumValues).toBe(8n);
    expect(histograms.map(({ numNan }) => numNan)).toEqual([1n, 1n]);
    const buckets = histograms[0]?.buckets ?? [];
    expect(buckets.map(({ lowValue }) => lowValue).filter((low) => !Number.isFinite(low))).toHaveLength(2);
    expect(buckets.reduce((sum, { sampleCount }) => sum + sampleCount, 0)).toBeCloseTo(7, 5);
  });

  it("takes columns without any value for missing, and describes tables without rows", async () => {
    const columns = [
      { name: "f", kind: "float", repeated: false },
      { name: "s", kind: "bytes", repeated: false },
    ] as const;
    const select = "SELECT NULL::Nullable(Float32) AS f, NULL::Nullable(String) AS s FROM numbers(2)";
    const [f, s] = await statisticsOf(select, columns);
    expect(numeric(f)).toMatchObject({ commonStats: { numNonMissing: 0n, numMissing: 2n }, histograms: [] });
    expect(strings(s)).toMatchObject({ unique: 0n, topValues: [], avgLength: 0 });
    const none = await generateStatistics(engine, `(${select} WHERE 0)`, columns);
    expect(none.numExamples).toBe(0n);
    expect(numeric(none.features[0]).commonStats).toMatchObject({ numNonMissing: 0n, totNumValues: 0n });
  });

  it("describes a column that is NaN alone by its number of NaN", async () => {
    const [feature] = await statisticsOf("SELECT nan::Nullable(Float32) AS x FROM numbers(3)", [
      { name: "x", kind: "float", repeated: false },
    ]);
    expect(numeric(feature).histograms).toMatchObject([
      { numNan: 3n, buckets: [] },
      { numNan: 3n, buckets: [] },
    ]);
  });

  it("ranks equals by their bytes, the greater first, and replaces what is not UTF-8", async () => {
    const select = "SELECT arrayJoin(['b', 'a', 'c', 'c', unhex('FF')])::Nullable(String) AS s";
    const [feature] = await statisticsOf(select, [{ name: "s", kind: "bytes", repeated: false }]);
    const { topValues, unique, invalidUtf8Count, rankHistogram } = strings(feature);
    expect(topValues.map(({ value }) => value)).toEqual(["c", "__BYTES_VALUE__", "b", "a"]);
    expect({ unique, invalidUtf8Count }).toEqual({ unique: 4n, invalidUtf8Count: 1n });
    expect(rankHistogram?.buckets[1]).toEqual({ lowRank: 1n, highRank: 1n, label: "__BYTES_VALUE__", sampleCount: 1 });
  });

  it("counts categorical integers as strings", async () => {
    const columns = [{ name: "id", kind: "int", repeated: false }] as const;
    const table = "(SELECT arrayJoin([7, 12, 7])::Nullable(Int64) AS id)";
    const { features } = await generateStatistics(engine, table, columns, { categorical: new Set(["id"]) });
    expect(features[0]?.type).toBe(FeatureNameStatistics_Type.INT);
    expect(strings(features[0])).toMatchObject({ unique: 2n, avgLength: Math.fround(4 / 3) });
    expect(strings(features[0]).topValues[0]).toEqual({ value: "7", frequency: 2 });
  });

  it("takes features of any name for names alone", async () => {
    const names = [
      "summary",
      "value",
      "cell",
      "weight",
      "number",
      "text",
      "upper",
      "a`b'c\\d",
      "{x:String}",
      "); DROP",
    ];
    const columns = names.map((name) => ({ name, kind: "int", repeated: false }) as const);
    const selected = names.map((name, index) => `${index}::Nullable(Int64) AS ${identifier(name)}`).join(", ");
    const features = await statisticsOf(`SELECT ${selected}`, columns);
    const maxima = features.map((feature) => [
      feature.fieldId?.$case === "path" && feature.fieldId.value.step[0],
      numeric(feature).max,
    ]);
    expect(Object.fromEntries(maxima)).toEqual(Object.fromEntries(names.map((name, index) => [name, index])));
  });
});
