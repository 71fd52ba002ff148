import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Engine, QueryOptions } from "./engine.ts";
import { literal } from "./sql.ts";

/** Name of a split's one Parquet file, as TFX shards would be named. */
export const parquetFileName = "data_parquet-00000-of-00001.parquet";

/** Rows of a row group: the unit in which readers skip and go parallel. */
const rowGroupRows = 1_000_000;

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
  const directory = join(outputPath, `Split-${split}`);
  await mkdir(directory, { recursive: true });
  const file = join(directory, parquetFileName);
  await engine.command(
    `INSERT INTO FUNCTION file(${literal(file)}, 'Parquet') ${select} SETTINGS ${parquetSettings}`,
    options,
  );
  const [row] = await engine.query<{ rows: number }>(
    `SELECT count() AS rows FROM ${engine.fileTable(file, "Parquet")}`,
  );
  return row?.rows ?? 0;
}
