import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, openEngine, openExamples, writeSplit, writeTfRecordSplit } from "./mod.ts";
import { type HttpFront, startHttpFront } from "./start-http-front.fixture.ts";

let folder: string;
let front: HttpFront;
let engine: Engine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-server-test-"));
  front = await startHttpFront();
  engine = await openEngine({ url: front.url });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await front[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

describe("the engine by URL", () => {
  it("says which server it is", () => expect(engine.version).toMatch(/^clickhouse \d+\.\d+/));

  it("binds parameters as they are", async () => {
    const parameters = { a: "it's\t{x} \\ \n", b: null };
    expect(await engine.query("SELECT {a:String} AS a, {b:Nullable(String)} AS b", { parameters })).toEqual([
      parameters,
    ]);
  });

  it("runs under the same settings as in process", async () => {
    const settings =
      "getSetting('max_threads') AS threads, getSetting('input_format_parquet_preserve_order') AS ordered";
    expect(await engine.query(`SELECT ${settings}`)).toEqual([{ threads: 1, ordered: true }]);
  });

  it("keeps ClickHouse's code of an error", async () => {
    const failing = engine.query("SELECT nothing");
    await expect(failing).rejects.toMatchObject({ class: "terminal", code: "engine-query" });
    await expect(failing).rejects.toThrow(/ClickHouse 47/);
  });

  it("stops a query at its time limit", async () => {
    const long = engine.query("SELECT sum(sipHash64(number)) FROM numbers(100000000000)", { timeLimitS: 0.2 });
    await expect(long).rejects.toMatchObject({ class: "retryable", code: "engine-timeout" });
  });

  it("writes and reads Examples where server and process see the same files", async () => {
    const rows = [
      { n: 1, s: "x" },
      { n: null, s: "y\n" },
    ];
    const table = await engine.scratch({ columns: "row UInt8, n Nullable(Int64), s Nullable(String)" }, ["row"]);
    await engine.insert(
      table,
      rows.map(({ n, s }, row) => ({ row, n, s })),
    );
    const select = `SELECT n, s FROM ${table} ORDER BY row`;
    const columns = [
      { name: "n", column: "n", kind: "int", repeated: false },
      { name: "s", column: "s", kind: "bytes", repeated: false },
    ] as const;
    expect(await writeSplit(engine, join(folder, "parquet"), "all", select)).toBe(2);
    expect(await writeTfRecordSplit(engine, join(folder, "tfrecord"), "all", `(${select})`, columns)).toBe(2);
    for (const format of ["parquet", "tfrecord"]) {
      const examples = await openExamples(engine, join(folder, format));
      expect(await engine.query(`SELECT * FROM ${examples.table("all")}`)).toEqual(rows);
    }
  });

  it("says that no server answers", async () => {
    const opening = openEngine({ url: "http://127.0.0.1:1" });
    await expect(opening).rejects.toMatchObject({ class: "retryable", code: "engine-unavailable" });
  });
});
