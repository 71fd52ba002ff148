import type { Engine } from "millrace/engine";
import { readCsv } from "./csv/read-csv.ts";
import type { DatasetFile } from "./dataset-file.ts";
import { readParquet } from "./read-parquet.ts";
import { readTfRecord } from "./read-tfrecord.ts";
import type { Rows } from "./rows.ts";

/** Reads a dataset's file into the engine. */
export async function readRows(engine: Engine, file: DatasetFile): Promise<Rows> {
  switch (file.format) {
    case "csv":
      return await readCsv(engine, file);
    case "parquet":
      return await readParquet(engine, file);
    default:
      return await readTfRecord(engine, file);
  }
}
