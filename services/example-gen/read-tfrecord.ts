import { type Engine, loadTfRecords } from "millrace/engine";
import { Terminal } from "millrace/model";
import type { DatasetFile } from "./dataset-file.ts";
import type { Rows } from "./rows.ts";

/**
 * Reads a TFRecord file of tf.Example. The split's key is the record as it came: a feature that it lacks isn't in it.
 * @throws {Terminal} `bad-tfrecord`, `bad-example`, `mixed-kinds`; `no-rows`.
 */
export async function readTfRecord(engine: Engine, file: DatasetFile): Promise<Rows> {
  const { table, columns } = await loadTfRecords(engine, [file.path], { keys: true });
  if (columns.length === 0) {
    throw new Terminal("no-rows", `Cannot make examples of ${file.name}: it has no records with features`, {
      file: file.name,
    });
  }
  return { table, columns, missing: "empty-list", keyed: true };
}
