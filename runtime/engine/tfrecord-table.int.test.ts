import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeExample, type FeatureValues, writeTfRecords } from "../tensorflow/example/mod.ts";
import { type Engine, openEngine, openExamples } from "./mod.ts";

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-tfrecord-table-"));
  engine = await openEngine();
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function write(name: string, splits: Record<string, readonly Record<string, FeatureValues>[]>): Promise<string> {
  for (const [split, examples] of Object.entries(splits)) {
    const directory = join(folder, name, `Split-${split}`);
    mkdirSync(directory, { recursive: true });
    const records = examples.map((features) => encodeExample(new Map(Object.entries(features))));
    await writeTfRecords(join(directory, "data_tfrecord-00000-of-00001.gz"), records);
  }
  return join(folder, name);
}

const int = (...values: bigint[]): FeatureValues => ({ kind: "int", values });
const float = (...values: number[]): FeatureValues => ({ kind: "float", values });
const bytes = (...values: (string | Uint8Array)[]): FeatureValues => ({
  kind: "bytes",
  values: values.map((v) => Buffer.from(v)),
});

describe("Examples in TFRecord", () => {
  it("have the columns of all their splits, lists where a row has more than one value", async () => {
    const path = await write("mixed", {
      eval: [{ list: bytes("a", "b"), f: float(0.1) }],
      train: [
        {
          i: int(-(2n ** 63n)),
          list: bytes(),
          f: float(Infinity),
          raw: bytes(Uint8Array.of(0, 255)),
          none: { kind: "none" },
        },
        { i: int(3n) },
      ],
    });
    const examples = await openExamples(engine, path, ["train", "eval"]);
    expect(examples.columns).toEqual([
      { name: "f", kind: "float", repeated: false },
      { name: "i", kind: "int", repeated: false },
      { name: "list", kind: "bytes", repeated: true },
      { name: "none", kind: "bytes", repeated: false },
      { name: "raw", kind: "bytes", repeated: false },
    ]);
    const read = (split: string) =>
      engine.query(
        `SELECT toString(i) AS i, list, toString(f) AS f, hex(raw) AS raw, none FROM ${examples.table(split)}`,
      );
    expect(await read("train")).toEqual([
      { i: "-9223372036854775808", list: [], f: "inf", raw: "00FF", none: null },
      { i: "3", list: [], f: null, raw: null, none: null },
    ]);
    expect(await read("eval")).toEqual([{ i: null, list: ["a", "b"], f: "0.1", raw: null, none: null }]);
    expect(await examples.rows("train")).toBe(2);
  });

  it("are refused where a feature changes its kind, naming the record", async () => {
    const path = await write("changing", { train: [{ x: int(1n) }, { x: float(1) }] });
    await expect(openExamples(engine, path)).rejects.toMatchObject({ code: "mixed-kinds", place: { field: "x" } });
    await expect(openExamples(engine, path)).rejects.toThrow(/"x" of record 1 .*must be int.*it is float/);
  });

  it("are refused where a record is no example", async () => {
    const directory = join(folder, "other", "Split-train");
    mkdirSync(directory, { recursive: true });
    await writeTfRecords(join(directory, "data_tfrecord-00000-of-00001.gz"), [Buffer.from([0xff, 0xff])]);
    await expect(openExamples(engine, join(folder, "other"))).rejects.toMatchObject({ code: "bad-example" });
  });

  it("are refused where there is no data", async () => {
    mkdirSync(join(folder, "empty", "Split-train"), { recursive: true });
    await expect(openExamples(engine, join(folder, "empty"))).rejects.toMatchObject({ code: "not-examples" });
  });
});
