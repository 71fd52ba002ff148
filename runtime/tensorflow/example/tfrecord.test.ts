import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  type Arbitrary,
  array,
  assert,
  bigInt,
  constant,
  float as anyFloat,
  oneof,
  property,
  string,
  tuple,
  uint8Array,
} from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { crc32c } from "./crc32c.ts";
import { decodeExample, encodeExample, type FeatureValues, readTfRecords, writeTfRecords } from "./mod.ts";

const goldens = join(import.meta.dirname, "../../../tests/goldens/penguins");
const folder = mkdtempSync(join(tmpdir(), "millrace-tfrecord-"));
afterAll(() => rmSync(folder, { recursive: true }));

const int = (values: bigint[]): FeatureValues => ({ kind: "int", values });
const float = (values: number[]): FeatureValues => ({ kind: "float", values });
const bytes = (values: Uint8Array[]): FeatureValues => ({ kind: "bytes", values });
const none: FeatureValues = { kind: "none" };
const values: Arbitrary<FeatureValues> = oneof(
  array(bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map(int),
  array(anyFloat({ noNaN: true })).map(float),
  array(uint8Array().map((value) => Buffer.from(value))).map(bytes),
  constant(none),
);
const name = string({ unit: "binary" }).filter((text) => text !== "__proto__");

async function collect(path: string): Promise<Buffer[]> {
  const records: Buffer[] = [];
  for await (const record of readTfRecords(path)) records.push(Buffer.from(record));
  return records;
}

describe("crc32c()", () => {
  it.each([
    ["123456789", 0xe3069283],
    ["", 0],
  ])("of %j is the published one", (text, expected) => expect(crc32c(Buffer.from(text))).toBe(expected));
});

describe("tf.Example", () => {
  it("round-trips features of every kind", () => {
    assert(
      property(array(tuple(name, values)), (entries) => {
        const features = new Map(entries);
        expect(decodeExample(encodeExample(features))).toEqual(features);
      }),
    );
  });

  it("encodes the same bytes whatever the order of its features", () => {
    const entries: [string, FeatureValues][] = [
      ["10", { kind: "int", values: [1n] }],
      ["2", { kind: "int", values: [2n] }],
      ["é", { kind: "none" }],
      ["a", { kind: "float", values: [0.5] }],
    ];
    expect(encodeExample(new Map(entries))).toEqual(encodeExample(new Map(entries.toReversed())));
  });
});

describe("TFRecord", () => {
  it("reads what TFX wrote", async () => {
    const records = await collect(join(goldens, "examples/Split-train/data_tfrecord-00000-of-00001.gz"));
    expect(records).toHaveLength(236);
    const example = decodeExample(records[0] as Buffer);
    expect([...example.keys()].sort()).toEqual([
      "body_mass_g",
      "culmen_depth_mm",
      "culmen_length_mm",
      "flipper_length_mm",
      "island",
      "sex",
      "species",
    ]);
  });

  it("round-trips records, in gzip without a time, the same bytes twice", async () => {
    const records = Array.from({ length: 1000 }, (_, i) => Buffer.alloc(i, i % 251));
    for (const copy of ["a.gz", "b.gz"]) expect(await writeTfRecords(join(folder, copy), records)).toBe(1000);
    expect(await collect(join(folder, "a.gz"))).toEqual(records);
    const written = readFileSync(join(folder, "a.gz"));
    expect(written.equals(readFileSync(join(folder, "b.gz")))).toBe(true);
    expect([...written.subarray(4, 10)]).toEqual([0, 0, 0, 0, 0, 3]);
  });

  it("reads an uncompressed file, and one without records", async () => {
    await writeTfRecords(join(folder, "one.gz"), [Buffer.from("one")]);
    writeFileSync(join(folder, "one"), gunzipSync(readFileSync(join(folder, "one.gz"))));
    writeFileSync(join(folder, "none"), "");
    expect(await collect(join(folder, "one"))).toEqual([Buffer.from("one")]);
    expect(await collect(join(folder, "none"))).toEqual([]);
  });

  it.each([
    ["a changed length", (b: Buffer) => b.with(23, 9), /record 1 .* at byte 19: its length's checksum/],
    ["a changed byte", (b: Buffer) => b.with(32, 0), /record 1 .* at byte 19: its data's checksum/],
    ["a cut header", (b: Buffer) => b.subarray(0, 25), /record 1 .* at byte 19: the file ends inside its header/],
    ["a cut record", (b: Buffer) => b.subarray(0, 35), /record 1 .* at byte 19: the file ends inside it/],
  ])("names file, record and offset of %s", async (what, damage, message) => {
    await writeTfRecords(join(folder, "two.gz"), [Buffer.from("one"), Buffer.from("two")]);
    const plain = gunzipSync(readFileSync(join(folder, "two.gz")));
    const path = join(folder, what);
    writeFileSync(path, damage(plain));
    await expect(collect(path)).rejects.toMatchObject({ code: "bad-tfrecord", place: { file: path } });
    await expect(collect(path)).rejects.toThrow(message);
  });

  it("names the file of broken gzip", async () => {
    const path = join(folder, "broken.gz");
    await writeTfRecords(join(folder, "whole.gz"), [Buffer.from("whole")]);
    writeFileSync(path, readFileSync(join(folder, "whole.gz")).subarray(0, 20));
    await expect(collect(path)).rejects.toMatchObject({ class: "terminal", code: "bad-tfrecord" });
  });
});
