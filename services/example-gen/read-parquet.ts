import { columnStructure, describeColumns, type Engine, identifier } from "millrace/engine";
import { Terminal } from "millrace/model";
import type { DatasetFile } from "./dataset-file.ts";
import type { Rows } from "./rows.ts";

/**
 * Reads a Parquet file. A null is a feature of no kind in the split's key, as TFX's Parquet reader has it.
 * @throws {Terminal} `unsupported-column`; `no-rows`.
 */
export async function readParquet(engine: Engine, file: DatasetFile): Promise<Rows> {
  const described = await describeColumns(engine, engine.fileTable(file.path, "Parquet"));
  const source = engine.fileTable(file.path, "Parquet", columnStructure(described));
  const columns = described.map(({ name, kind, repeated }, index) => ({
    name,
    column: `c${index + 1}`,
    kind,
    repeated,
  }));
  const renamed = columns.map(({ name, column }) => `t.${identifier(name)} AS ${column}`);
  const select = `SELECT rowNumberInAllBlocks() AS row, ${renamed.join(", ")} FROM ${source} AS t`;
  const table = await engine.scratch({ select }, ["row"]);
  const [count] = await engine.query<{ rows: number }>(`SELECT count() AS rows FROM ${table}`);
  if (count?.rows === 0) {
    throw new Terminal("no-rows", `Cannot make examples of ${file.name}: it has no rows`, { file: file.name });
  }
  return { table, columns, missing: "no-kind", keyed: false };
}
