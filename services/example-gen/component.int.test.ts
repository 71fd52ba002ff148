import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, openEngine, openExamples, splitNamesOf } from "millrace/engine";
import { decodeExample, encodeExample, readTfRecords } from "millrace/tensorflow";
import type { WrittenOutput } from "millrace/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { startHttpFront } from "../../runtime/engine/start-http-front.fixture.ts";
import { ExampleGenRuns } from "./example-gen-runs.fixture.ts";

const goldens = join(import.meta.dirname, "../../tests/goldens/penguins");
const penguins = readFileSync(join(goldens, "data.csv"));
const parquet = "data_parquet-00000-of-00001.parquet";
const tfRecord = "data_tfrecord-00000-of-00001.gz";

let engine: Engine;
let runs: ExampleGenRuns;
beforeAll(async () => {
  runs = new ExampleGenRuns();
  engine = await openEngine();
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  runs[Symbol.dispose]();
});

/** A TFRecord file's examples in deterministic form, in hex. */
async function examplesOf(path: string): Promise<string[]> {
  const examples: string[] = [];
  for await (const record of readTfRecords(path)) {
    examples.push(Buffer.from(encodeExample(decodeExample(record))).toString("hex"));
  }
  return examples;
}

async function rowsOf({ path, properties }: WrittenOutput): Promise<Record<string, unknown>[]> {
  const examples = await openExamples(engine, path, splitNamesOf(properties));
  const splits = await Promise.all(
    examples.splits.map((split) => engine.query(`SELECT * FROM ${examples.table(split)}`)),
  );
  return splits.flat() as Record<string, unknown>[];
}

/** A row as its line of the CSV file; float32 is shown as the file has it. */
function toLine(row: Record<string, unknown>): string {
  const names = penguins.toString().split("\n")[0]?.split(",") ?? [];
  return names.map((name) => (row[name] === null ? "" : String(row[name] as string | number))).join(",");
}

function lineOf(columns: number, cell: (index: number) => string): string {
  return `${Array.from({ length: columns }, (_, index) => cell(index)).join(",")}\n`;
}

function bytesOf(...parts: readonly (string | readonly number[])[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));
}

describe("penguins", () => {
  it.each(["train", "eval"])("has the rows of TFX's %s split, each as TFX wrote it", async (split) => {
    const { path } = await runs.execute(penguins, { format: "tfrecord" });
    const ours = await examplesOf(join(path, `Split-${split}`, tfRecord));
    const theirs = await examplesOf(join(goldens, "examples", `Split-${split}`, tfRecord));
    expect(ours).toHaveLength(split === "train" ? 236 : 108);
    expect(ours.toSorted()).toEqual(theirs.toSorted());
  });

  it("is the same in Parquet and in TFRecord, in the file's order, with equal bytes twice", async () => {
    const [asParquet, again] = [await runs.execute(penguins), await runs.execute(penguins)];
    const asTfRecord = await runs.execute(penguins, { format: "tfrecord" });
    for (const split of ["train", "eval"]) {
      const [one, other] = [asParquet, again].map(({ path }) => readFileSync(join(path, `Split-${split}`, parquet)));
      expect(one?.equals(other as Buffer)).toBe(true);
    }
    const rows = await rowsOf(asParquet);
    expect(await rowsOf(asTfRecord)).toEqual(rows);
    const written = rows.slice(0, 236).map(toLine);
    const remaining = penguins.toString().split("\n");
    for (const line of written) {
      const at = remaining.indexOf(line);
      expect(at, `${line} after the rows before it`).toBeGreaterThanOrEqual(0);
      remaining.splice(0, at + 1);
    }
    expect(asParquet.properties).toEqual({
      split_names: '["train","eval"]',
      span: "7",
      version: "0",
      payload_format: "FORMAT_PARQUET",
      file_format: "parquet",
      rows: '[["train",236],["eval",108]]',
    });
    expect(asTfRecord.properties).toMatchObject({ payload_format: "FORMAT_TF_EXAMPLE", file_format: "tfrecords_gzip" });
  });

  it("splits the same whichever format it comes in, and any way it is asked to", async () => {
    const asTfRecord = await runs.execute(penguins, { splits: { all: 1 }, format: "tfrecord" });
    const records = readFileSync(join(asTfRecord.path, "Split-all", tfRecord));
    const again = await runs.execute(records, { name: "data.tfrecord.gz", format: "tfrecord" });
    const direct = await runs.execute(penguins, { format: "tfrecord" });
    for (const split of ["train", "eval"]) {
      const [ours, theirs] = [again, direct].map(({ path }) => readFileSync(join(path, `Split-${split}`, tfRecord)));
      expect(ours?.equals(theirs as Buffer)).toBe(true);
    }
    const swapped = await runs.execute(penguins, { splits: { eval: 1, train: 2 } });
    expect(swapped.properties["split_names"]).toBe('["eval","train"]');
    expect(swapped.properties["rows"]).not.toBe('[["eval",108],["train",236]]');
  });

  it("reads what it wrote as a Parquet dataset", async () => {
    const all = await runs.execute(penguins, { splits: { all: 1 } });
    const bytes = readFileSync(join(all.path, "Split-all", parquet));
    const again = await runs.execute(bytes, { name: "data.parquet", splits: { all: 1 } });
    expect(await rowsOf(again)).toEqual(await rowsOf(all));
  });
});

describe("with an engine by URL", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("has the same rows in the same splits", async () => {
    const inProcess = await runs.execute(penguins);
    await using front = await startHttpFront();
    vi.stubEnv("MILLRACE_CLICKHOUSE_URL", front.url);
    const byUrl = await runs.execute(penguins);
    expect(byUrl.properties).toEqual(inProcess.properties);
    expect(await rowsOf(byUrl)).toEqual(await rowsOf(inProcess));
  });
});

describe("CSV that is accepted", () => {
  const all = { splits: { all: 1 } };
  it.each([
    [
      "a byte order mark and CRLF",
      '\uFEFFa,b\r\n1,x\r\n2,"y"\r\n',
      [
        { a: 1, b: "x" },
        { a: 2, b: "y" },
      ],
    ],
    ["a quoted header after a byte order mark", '\uFEFF"a","b ""c"""\n1,x\n', [{ a: 1, 'b "c"': "x" }]],
    ["line feeds, commas and quotes in quotes", 'a,b\n1,"x\ny, ""z"""\n', [{ a: 1, b: 'x\ny, "z"' }]],
    ["a line feed in the header", '"a\nb",c\n1,2\n', [{ "a\nb": 1, c: 2 }]],
    ["no line end at the end", "a,b\n1,2", [{ a: 1, b: 2 }]],
    [
      "blank lines",
      "a,b\n\n1,2\n\r\n3,4\n\n",
      [
        { a: 1, b: 2 },
        { a: 3, b: 4 },
      ],
    ],
    ["a quote in an unquoted cell", 'a,b\n1,5" pipe\n', [{ a: 1, b: '5" pipe' }]],
    [
      "an empty quoted cell, as a missing value",
      'a,b\n1,""\n2,3\n',
      [
        { a: 1, b: null },
        { a: 2, b: 3 },
      ],
    ],
    ["a cell that says \\N, as text", "a,b\n1,\\N\n", [{ a: 1, b: "\\N" }]],
    ["white space in texts, and around numbers", "a,b\n 1 , x \n", [{ a: 1, b: " x " }]],
    ["names in any script, and like SQL", "größe,`a'\\{b:Int8}\n1,2\n", [{ größe: 1, "`a'\\{b:Int8}": 2 }]],
    ["names like the engine's own columns", "c2,c1,row,split\n1,2,3,4\n", [{ c2: 1, c1: 2, row: 3, split: 4 }]],
    [
      "a column of blanks",
      "a,b\n1,\n2,\n",
      [
        { a: 1, b: null },
        { a: 2, b: null },
      ],
    ],
    [
      "rows of empty cells",
      "a,b\n,\n1,2\n",
      [
        { a: null, b: null },
        { a: 1, b: 2 },
      ],
    ],
  ])("%s", async (_what, text, expected) => {
    expect(await rowsOf(await runs.execute(text, all))).toEqual(expected);
  });

  it.each([
    ["integers, with blanks", ["1", "", "-2"], "Nullable(Int64)"],
    ["integers up to 64 bits", ["9223372036854775807", "-9223372036854775808"], "Nullable(Int64)"],
    ["an integer beyond 64 bits among numbers", ["1.5", "9223372036854775808"], "Nullable(String)"],
    ["numbers", ["1", "2.5", "1e-3", ".5", "inf", "nan"], "Nullable(Float32)"],
    ["a text among numbers", ["1", "2", "n/a"], "Nullable(String)"],
    ["numbers with underscores", ["1_000", "2"], "Nullable(String)"],
    ["blanks", ["", ""], "Nullable(String)"],
  ])("has the kind of %s", async (_what, cells, expected) => {
    const { path } = await runs.execute(`x,y\n${cells.map((cell) => `${cell},1\n`).join("")}`, all);
    const table = engine.fileTable(join(path, "Split-all", parquet), "Parquet");
    const [x] = await engine.query<{ type: string }>(`DESCRIBE TABLE ${table}`);
    expect(x?.type).toBe(expected);
  });

  it("hundreds of columns", async () => {
    const rows = await rowsOf(await runs.execute(lineOf(400, (i) => `column ${i}`) + lineOf(400, String), all));
    expect(rows).toEqual([Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`column ${i}`, i]))]);
  });
});

describe("a dataset that is refused", () => {
  it.each<[string, string | Uint8Array, string, object, RegExp]>([
    ["too short a row after a quoted line feed", 'a,b\n"x\ny",1\n2\n', "csv-ragged-row", { line: 4 }, /2 cells.*has 1/],
    ["too long a row", "a,b\n1,2\n3,4,5\n", "csv-ragged-row", { line: 3 }, /2 cells.*more/],
    ["a comma too many at a row's end", "a,b\n1,2,\n", "csv-ragged-row", { line: 2 }, /more/],
    ["a duplicate header", "a,b,a\n1,2,3\n", "csv-duplicate-header", { line: 1, column: 3, field: "a" }, /column 1/],
    ["a nameless column", "a,,b\n1,2,3\n", "csv-bad-header", { line: 1, column: 2 }, /name/],
    ["an empty file", "", "csv-empty", { line: 1 }, /empty/],
    ["only a byte order mark", "\uFEFF", "csv-empty", { line: 1 }, /empty/],
    ["only a header", "a,b\n", "no-rows", {}, /only a header/],
    ["only a header and blank lines", "a,b\n\n\n", "no-rows", {}, /only a header/],
    ["one column", "a;b\n1;2\n", "csv-one-column", { line: 1 }, /"a;b"/],
    ["bad UTF-8", bytesOf('a,b\n"x\n\nü', [0xff], '",1\n'), "csv-bad-utf8", { line: 4, column: 1, field: "a" }, /0xff/],
    ["bad UTF-8 in the header", bytesOf("a,b", [0xe9], "\n1,2\n"), "csv-bad-utf8", { line: 1 }, /header/],
    ["a NUL byte", "a,b\n1,2\n3,x\0y\n", "csv-nul-byte", { line: 3, column: 2, field: "b" }, /NUL/],
    ["a cell that is one NUL byte", "a,b\n1,2\n3,\0\n", "csv-nul-byte", { line: 3, column: 2 }, /NUL/],
    ["a quote never closed", 'a,b\n1,"x\n2,3\n', "csv-open-quote", { line: 2, column: 3 }, /never closed/],
    ["text after a closing quote", 'a,b\n1,2\n"x"y,3\n', "csv-stray-quote", { line: 3, column: 3 }, /line 3, byte 3/],
  ])("%s", async (_what, content, code, place, message) => {
    const refused = runs.execute(content);
    await expect(refused).rejects.toMatchObject({
      class: "terminal",
      code,
      place: { file: "data.csv", ...place },
    });
    await expect(refused).rejects.toThrow(message);
  });

  it("a split without rows", async () => {
    const refused = runs.execute("a,b\n1,2\n", { splits: { train: 1, eval: 1 } });
    await expect(refused).rejects.toMatchObject({ class: "terminal", code: "empty-split" });
    await expect(refused).rejects.toThrow(/none of its 1/);
  });

  it("a format that nobody reads", async () => {
    await expect(runs.execute("x", { name: "data.xlsx" })).rejects.toMatchObject({ code: "unknown-format" });
  });
});
