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
  const bucket = `toUInt64(reinterpretAsUInt256(reverse(${digest})) % ${total})`;
  const select = `SELECT ${splitOf(bucket, splits)} AS split, ${["row", ...columns].join(", ")} FROM ${source}`;
  const table = await engine.scratch({ select }, ["split", "row"]);
  return { table, columns: rows.columns, rows: await countRows(engine, table, splits, fileName) };
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
