import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DatasetFeatureStatisticsList } from "../contracts/tensorflow/metadata/v0/statistics.ts";
import { commitFiles } from "./commit-files.ts";
import { DirectoryStore } from "./directory-store.ts";
import { firstDifference } from "./first-difference.ts";

let directory: string;
let store: DirectoryStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "difference-"));
  store = new DirectoryStore(directory);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Files = Readonly<Record<string, string | Uint8Array>>;

async function difference(was: Files, is: Files): Promise<string> {
  const [before, after] = [await commit(was), await commit(is)];
  return firstDifference(store, before, after);
}

let commits = 0;

async function commit(files: Files): Promise<string> {
  return (await commitFiles(store, `commit-${(commits += 1)}`, files, { type: "Any" })).digest;
}

/** Statistics of one feature as StatisticsGen writes them. */
function statistics(mean: number, more: object = {}): Uint8Array {
  const features = [{ name: "body_mass_g", numStats: { mean, stdDev: 1, ...more } }];
  return DatasetFeatureStatisticsList.encode(
    DatasetFeatureStatisticsList.fromJSON({ datasets: [{ numExamples: "3", features }] }),
  ).finish();
}

describe("firstDifference()", () => {
  it.each<[string, Files, Files, string]>([
    ["the byte", { a: "same", b: "one" }, { a: "same", b: "ore" }, "file b: byte 1 was 0x6e, is 0x72"],
    ["where a file goes on", { b: "one" }, { b: "one more" }, "file b: byte 3: it ended there, and goes on"],
    ["where a file ends", { b: "one more" }, { b: "one" }, "file b: byte 3: it went on there, and ends"],
    [
      "the first file by path",
      { b: "1", a: "1", c: "1" },
      { b: "2", a: "1", c: "2" },
      "file b: byte 0 was 0x31, is 0x32",
    ],
    ["a file that is missing", { a: "1", b: "2" }, { a: "1" }, "file b is missing"],
    ["a file that was not there", { a: "1" }, { a: "1", "b/c": "2" }, "file b/c was not there"],
    [
      "the member of a JSON document",
      { "m.json": '{"a":[1,{"b":2}]}' },
      { "m.json": '{"a":[1,{"b":3}]}' },
      "file m.json: a.1.b was 2, is 3 (byte 13 was 0x32, is 0x33)",
    ],
    [
      "a JSON member that is gone",
      { "m.json": '{"a":1,"b":2}' },
      { "m.json": '{"a":1}' },
      "file m.json: b was 2, is not there (byte 6 was 0x2c, is 0x7d)",
    ],
    ["a JSON document that is none", { "m.json": "{" }, { "m.json": "[" }, "file m.json: byte 0 was 0x7b, is 0x5b"],
  ])("names %s", async (_what, was, is, words) => {
    expect(await difference(was, is)).toBe(words);
  });

  it("names the feature and the statistic of statistics", async () => {
    const file = "Split-train/FeatureStats.pb";
    const words = await difference({ [file]: statistics(4201.5) }, { [file]: statistics(4201.75) });
    expect(words).toMatch(
      /^file Split-train\/FeatureStats\.pb: datasets\.0\.features\.body_mass_g\.numStats\.mean was 4201\.5, is 4201\.75 \(byte \d+ was 0x/,
    );
  });

  it("finds a byte behind the first piece of a large file", async () => {
    const was = Buffer.alloc(3 << 20, 7);
    const is = Buffer.from(was);
    is[(2 << 20) + 5] = 8;
    expect(await difference({ w: was }, { w: is })).toBe(`file w: byte ${(2 << 20) + 5} was 0x07, is 0x08`);
  });

  it("says which bytes are gone", async () => {
    const [was, is] = [await commit({ a: "1" }), await commit({ a: "2" })];
    rmSync(fileURLToPath(store.uriOf(was)), { recursive: true });
    const words = await firstDifference(store, was, is);
    expect(words).toContain("cannot be told: the bytes of");
    expect(words).toContain(was);
  });

  it("does not compare bytes that are no longer those of the digest", async () => {
    const [was, is] = [await commit({ a: "1" }), await commit({ a: "2" })];
    const file = join(fileURLToPath(store.uriOf(was)), "a");
    rmSync(file);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "3");
    expect(await firstDifference(store, was, is)).toContain("cannot be told");
  });
});
