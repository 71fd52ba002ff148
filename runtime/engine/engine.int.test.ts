import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, identifier, literal, openEngine, openExamples, writeSplit } from "./mod.ts";

const awkward = ["plain", "`", "'", '"', "\\", "a b", "{x:String}", "ünï", "\n", "\0", "`; DROP TABLE x; --", "\\'"];

describe("the engine in process", () => {
  let engine: Engine;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-engine-test-"));
    engine = await openEngine({ dataDir: folder });
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    expect(readdirSync(folder).filter((name) => name.startsWith("millrace-engine-"))).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it.each(awkward)("quotes %j as a literal and as an identifier", async (text) => {
    const rows = await engine.query<Record<string, string>>(`SELECT ${literal(text)} AS ${identifier(text)}`);
    expect(rows).toEqual([{ [text]: text }]);
  });

  it("says which version it is", () => expect(engine.version).toMatch(/^chdb \d+\.\d+/));

  it("binds parameters", async () => {
    const rows = await engine.query("SELECT {a:Nullable(String)} AS a, {b:UInt8} AS b", {
      parameters: { a: "it's {x} \\", b: 3 },
    });
    expect(rows).toEqual([{ a: "it's {x} \\", b: 3 }]);
  });

  it("stops a query at its time limit and doesn't hold the next one to it", async () => {
    const long = engine.query("SELECT sum(sipHash64(number)) FROM numbers(100000000000)", { timeLimitS: 0.2 });
    await expect(long).rejects.toMatchObject({ class: "retryable", code: "engine-timeout" });
    const [row] = await engine.query<{ limit: string }>("SELECT getSetting('max_execution_time') AS limit");
    expect(Number(row?.limit)).toBe(3600);
  });

  it("adds its settings to a SETTINGS clause that is there", async () => {
    const rows = await engine.query("SELECT getSetting('max_threads') AS t SETTINGS max_block_size = 10", {
      threads: 2,
    });
    expect(rows).toEqual([{ t: 2 }]);
  });

  it("names ClickHouse's code and no query text in its errors", async () => {
    const many = Array.from({ length: 500 }, (_, i) => `${i} AS c${i}`).join(", ");
    const failing = engine.query(`SELECT nothing FROM (SELECT ${many})`);
    await expect(failing).rejects.toMatchObject({ class: "terminal", code: "engine-query" });
    await failing.catch((error: Error) => {
      expect(error.message).toContain("ClickHouse 47");
      expect(error.message.length).toBeLessThan(600);
    });
  });

  it("says what a file needs that it can't open", async () => {
    const reading = engine.query(
      `SELECT * FROM ${engine.fileTable(join(folder, "absent.parquet"), "Parquet", "a Int64")}`,
    );
    await expect(reading).rejects.toMatchObject({ class: "terminal", code: "engine-cannot-read" });
  });

  it("shares one chDB among the engines of a process, and drops each one's scratch tables", async () => {
    const other = await openEngine();
    const table = await other.scratch({ select: "SELECT number AS n FROM numbers(3)" }, ["n"]);
    expect(await engine.query(`SELECT sum(n) AS s FROM ${table}`)).toEqual([{ s: 3 }]);
    await other[Symbol.asyncDispose]();
    await expect(engine.query(`SELECT * FROM ${table}`)).rejects.toMatchObject({ code: "engine-query" });
  });

  it("writes splits with the same bytes twice and reads their rows in order", async () => {
    const select =
      "SELECT toNullable(toInt64(number)) AS `n 1`, if(number % 3 = 0, NULL, toString(number)) AS s, " +
      "toNullable(toFloat32(number / 7)) AS f, [toInt64(number)] AS xs FROM numbers(1200000)";
    for (const copy of ["a", "b"])
      expect(await writeSplit(engine, join(folder, copy), "train", select)).toBe(1_200_000);
    const bytes = ["a", "b"].map((copy) =>
      readFileSync(join(folder, copy, "Split-train", "data_parquet-00000-of-00001.parquet")),
    );
    expect(bytes[0]?.equals(bytes[1] as Buffer)).toBe(true);

    const examples = await openExamples(engine, join(folder, "a"));
    expect(examples.splits).toEqual(["train"]);
    expect(examples.columns).toEqual([
      { name: "n 1", kind: "int", repeated: false },
      { name: "s", kind: "bytes", repeated: false },
      { name: "f", kind: "float", repeated: false },
      { name: "xs", kind: "int", repeated: true },
    ]);
    expect(await examples.rows("train")).toBe(1_200_000);
    const outOfOrder = `SELECT countIf(r != n) AS c, count() AS rows FROM (SELECT rowNumberInAllBlocks() AS r, \`n 1\` AS n FROM ${examples.table("train")})`;
    expect(await engine.query(outOfOrder)).toEqual([{ c: 0, rows: 1_200_000 }]);
    expect(() => examples.table("eval")).toThrow(/"eval".*"train"/);
  });

  it("reads a split of several files, one after the other", async () => {
    const directory = join(folder, "shards", "Split-all");
    mkdirSync(directory, { recursive: true });
    for (const shard of [0, 1]) {
      const file = join(directory, `data_parquet-0000${shard}-of-00002.parquet`);
      const select = `SELECT toNullable(toInt64(number + ${shard * 3})) AS n FROM numbers(3)`;
      await engine.command(`INSERT INTO FUNCTION file(${literal(file)}, 'Parquet') ${select}`);
    }
    const examples = await openExamples(engine, join(folder, "shards"));
    expect(await engine.query(`SELECT n FROM ${examples.table("all")}`)).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => ({ n })),
    );
  });

  it("refuses a column that no feature can hold, naming it", async () => {
    await writeSplit(engine, join(folder, "dates"), "all", "SELECT toDate('2026-11-23') AS day");
    const opening = openExamples(engine, join(folder, "dates"));
    await expect(opening).rejects.toMatchObject({ code: "unsupported-column", place: { field: "day" } });
  });

  it("writes a split without rows that can be read", async () => {
    expect(await writeSplit(engine, join(folder, "none"), "eval", "SELECT toNullable(toInt64(1)) AS n WHERE 0")).toBe(
      0,
    );
    expect(await (await openExamples(engine, join(folder, "none"))).rows("eval")).toBe(0);
  });
});

async function useOne(n: number): Promise<unknown[]> {
  await using engine = await openEngine();
  return await engine.query(`SELECT ${n} AS n`);
}

it("engines can be opened while others close", async () => {
  expect(await useOne(0)).toEqual([{ n: 0 }]);
  expect(await Promise.all([1, 2, 3].map(useOne))).toEqual([1, 2, 3].map((n) => [{ n }]));
  const first = await openEngine();
  const closing = first[Symbol.asyncDispose]();
  expect(await useOne(4)).toEqual([{ n: 4 }]);
  await closing;
});
