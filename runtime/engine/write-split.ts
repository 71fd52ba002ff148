import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { freeBytes, storeFull } from "../artifacts/mod.ts";
import { Retryable } from "../model/mod.ts";
import { writeTfRecords } from "../tensorflow/example/mod.ts";
import type { Engine, QueryOptions } from "./engine.ts";
import { type SerializedColumn, withSerializedExample } from "./serialized-example.ts";
import { literal } from "./sql.ts";

/** Name of a split's one Parquet file, as TFX shards would be named. */
export const parquetFileName = "data_parquet-00000-of-00001.parquet";
/** Name of a split's one TFRecord file, as TFX names it. */
export const tfRecordFileName = "data_tfrecord-00000-of-00001.gz";

/** Rows of a row group: the unit in which readers skip and go parallel. */
const rowGroupRows = 1_000_000;

/** Most bytes of serialised examples fetched from the engine at once. */
const pageBytesMax = 32 * 2 ** 20;
/** Most examples fetched at once. */
const pageRowsMax = 20_000;

/**
 * Everything that shapes the bytes is fixed: with one writing thread and a set codec, equal rows give equal files
 * (of one engine version; Parquet names its writer).
 */
const parquetSettings = [
  "output_format_parquet_parallel_encoding = 0",
  "output_format_parquet_compression_method = 'zstd'",
  `output_format_parquet_row_group_size = ${rowGroupRows}`,
  "max_threads = 1",
  "max_insert_threads = 1",
].join(", ");

/**
 * Writes a split of an Examples artifact as Parquet, its rows in the query's order.
 * @param outputPath The artifact's directory.
 * @param select Query with the columns as feature types (see `columnType`) and, where its source has no order of its
 * own, an ORDER BY; without a SETTINGS clause.
 * @returns Number of rows written.
 */
export async function writeSplit(
  engine: Engine,
  outputPath: string,
  split: string,
  select: string,
  options: Pick<QueryOptions, "parameters" | "timeLimitS"> = {},
): Promise<number> {
  const file = join(await makeSplit(outputPath, split), parquetFileName);
  await engine.command(
    `INSERT INTO FUNCTION file(${literal(file)}, 'Parquet') ${select} SETTINGS ${parquetSettings}`,
    options,
  );
  await assertWhole(file);
  const [row] = await engine.query<{ rows: number }>(
    `SELECT count() AS rows FROM ${engine.fileTable(file, "Parquet")}`,
  );
  return row?.rows ?? 0;
}

/** What a Parquet file begins and ends with. */
const parquetMagic = "PAR1";

/** A disk with less room than this is full, in bytes. */
const fullBelowBytes = 1 << 20;

/**
 * The embedded engine ends a file early when its disk is full, and says nothing (measured with the chdb package 3.4.0).
 * @throws {Retryable} `store-full`, or `engine-torn-file` where it had another reason.
 */
async function assertWhole(file: string): Promise<void> {
  await using handle = await open(file, "r");
  const { size } = await handle.stat();
  const end = Buffer.alloc(parquetMagic.length);
  await handle.read(end, 0, end.length, Math.max(0, size - end.length));
  if (end.toString("latin1") === parquetMagic) return;
  const where = `the engine ended ${file} after ${size} bytes, in the middle`;
  const directory = dirname(file);
  if (freeBytes(directory) < fullBelowBytes) throw storeFull("write a split", where, { directory }, { file });
  throw new Retryable("engine-torn-file", `Cannot write a split: ${where}`, { file });
}

/**
 * Writes a split of an Examples artifact as gzip TFRecord of tf.Example, its rows in the table's order. The engine
 * serialises; only framing and checksums (CRC-32C, which it doesn't have) are done here.
 * @param table Table expression with an order of its own.
 * @returns Number of rows written.
 */
export async function writeTfRecordSplit(
  engine: Engine,
  outputPath: string,
  split: string,
  table: string,
  columns: readonly SerializedColumn[],
): Promise<number> {
  const file = join(await makeSplit(outputPath, split), tfRecordFileName);
  const serialized = withSerializedExample(table, columns, []);
  const numbered = `SELECT rowNumberInAllBlocks() AS row, example FROM (${serialized})`;
  const examples = await engine.scratch({ select: numbered }, ["row"]);
  return await writeTfRecords(file, pagesOf(engine, examples));
}

async function makeSplit(outputPath: string, split: string): Promise<string> {
  const directory = join(outputPath, `Split-${split}`);
  await mkdir(directory, { recursive: true });
  return directory;
}

async function* pagesOf(engine: Engine, examples: string): AsyncGenerator<Buffer> {
  const [size] = await engine.query<{ rows: number; longest: number }>(
    `SELECT count() AS rows, max(length(example)) AS longest FROM ${examples}`,
  );
  if (size === undefined || size.rows === 0) return;
  const pageRows = Math.max(1, Math.min(pageRowsMax, Math.floor(pageBytesMax / size.longest)));
  for (let first = 0; first < size.rows; first += pageRows) {
    const page = `row >= ${first} AND row < ${first + pageRows}`;
    const rows = await engine.query<{ example: string }>(
      `SELECT base64Encode(example) AS example FROM ${examples} WHERE ${page} ORDER BY row`,
    );
    for (const { example } of rows) yield Buffer.from(example, "base64");
  }
}
