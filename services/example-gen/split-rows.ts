import { availableParallelism } from "node:os";
import { type Engine, type SerializedColumn, withSerializedExample } from "millrace/engine";
import { Terminal } from "millrace/model";
import type { Rows } from "./rows.ts";

/** How many of the hash's buckets a split has. */
export interface SplitBuckets {
  readonly name: string;
  readonly buckets: number;
}

/** Rows with the split of each. */
export interface SplitRows {
  /** Table with `split` (index), `row` and the columns, stored in that order. */
  readonly table: string;
  readonly columns: readonly SerializedColumn[];
  /** Rows by split, in the splits' order. */
  readonly rows: ReadonlyMap<string, number>;
}

/**
 * Gives each row its split: sha256 of its tf.Example in deterministic form, as a big-endian integer, mod the sum of
 * the buckets; the first split has the first buckets, and so on. The engine does all of it.
 * @throws {Terminal} `empty-split` naming the split.
 * Source: TFX `base_example_gen_executor._PartitionFn`.
 */
export async function splitRows(
  engine: Engine,
  rows: Rows,
  splits: readonly SplitBuckets[],
  fileName: string,
): Promise<SplitRows> {
  const columns = rows.columns.map(({ column }) => column);
  const [source, digest] = rows.keyed
    ? [rows.table, "unhex(key)"]
    : [`(${withSerializedExample(rows.table, rows.columns, ["row", ...columns], rows)})`, "SHA256(example)"];
  const total = splits.reduce((sum, { buckets }) => sum + buckets, 0);
  const held = ["row", ...columns].join(", ");
  const digested = `SELECT ${held}, reverse(${digest}) AS digest FROM ${source}`;
  const bucketed = `SELECT ${held}, ${remainder("digest", BigInt(total))} AS bucket FROM (${digested})`;
  const select = `SELECT ${splitOf("bucket", splits)} AS split, ${held} FROM (${bucketed})`;
  // Each row's split depends on the row alone, so any thread may compute it.
  const table = await engine.scratch({ select }, ["split", "row"], { threads: availableParallelism() });
  return { table, columns: rows.columns, rows: await countRows(engine, table, splits, fileName) };
}

/**
 * Remainder of a 256-bit number in little-endian bytes, word by word: the engine's own 256-bit remainder is many times
 * slower. No step passes 64 bits while the divisor is below 2³¹.
 */
function remainder(bytes: string, divisor: bigint): string {
  const wordBase = 2n ** 64n % divisor;
  const words = [25, 17, 9, 1].map((start) => `reinterpretAsUInt64(substring(${bytes}, ${start}, 8)) % ${divisor}`);
  return words.reduce((high, low) => `(((${high}) * ${wordBase} + ${low}) % ${divisor})`);
}

/** Index of the split that a bucket belongs to. */
function splitOf(bucket: string, splits: readonly SplitBuckets[]): string {
  let end = 0;
  const ends = splits.map(({ buckets }) => (end += buckets));
  return `toUInt32(arrayFirstIndex(e -> ${bucket} < e, [${ends.join(", ")}]) - 1)`;
}

async function countRows(
  engine: Engine,
  table: string,
  splits: readonly SplitBuckets[],
  fileName: string,
): Promise<Map<string, number>> {
  const counted = await engine.query<{ split: number; rows: number }>(
    `SELECT split, count() AS rows FROM ${table} GROUP BY split`,
  );
  const rows = new Map(splits.map(({ name }, index) => [name, counted.find((c) => c.split === index)?.rows ?? 0]));
  const total = [...rows.values()].reduce((sum, count) => sum + count, 0);
  for (const [name, count] of rows) if (count === 0) throw emptySplit(fileName, name, total);
  return rows;
}

function emptySplit(fileName: string, split: string, total: number): Terminal {
  return new Terminal(
    "empty-split",
    `Cannot split ${fileName}: every split must have rows: split ${JSON.stringify(split)} has none of its ${total}; ` +
      "give it more buckets, or more data",
    { file: fileName, field: `splits.${split}` },
  );
}
