import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Terminal } from "../model/mod.ts";
import type { Engine } from "./engine.ts";
import { columnStructure, describeColumns, type FeatureColumn } from "./feature-column.ts";

/** Examples opened for reading, split by split. */
export interface Examples {
  /** In the order in which they were written. */
  readonly splits: readonly string[];
  readonly columns: readonly FeatureColumn[];
  /** SQL table expression of a split, its rows in stable order. @throws {Terminal} `no-such-split`. */
  table(split: string): string;
  rows(split: string): Promise<number>;
}

const splitDirectory = /^Split-(.+)$/;
const parquetFile = /^data_parquet-\d{5}-of-\d{5}\.parquet$/;

/**
 * Opens an Examples artifact: `Split-<name>/data_parquet-*.parquet`, as TFX lays it out.
 * @param path The artifact's directory.
 * @param order Names of its splits in their order (the `split_names` property); default by name.
 * @throws {Terminal} `not-examples`: no split, or a split without data files; `unsupported-column`.
 */
export async function openExamples(engine: Engine, path: string, order?: readonly string[]): Promise<Examples> {
  const splits = order ?? splitNames(path);
  const files = new Map(splits.map((split) => [split, dataFiles(path, split)]));
  const [first] = files.values();
  if (first === undefined) throw notExamples(path, "it has no Split-<name> directory");
  const columns = await describeColumns(engine, engine.fileTable(first[0] as string, "Parquet"));
  const structure = columnStructure(columns);
  const tables = new Map(
    [...files].map(([split, paths]) => [split, unionOf(paths.map((p) => engine.fileTable(p, "Parquet", structure)))]),
  );
  const table = (split: string) => tables.get(split) ?? noSuchSplit(split, splits);
  const rows = async (split: string) => {
    const [row] = await engine.query<{ rows: number }>(`SELECT count() AS rows FROM ${table(split)}`);
    return row?.rows ?? 0;
  };
  return { splits, columns, table, rows };
}

function splitNames(path: string): string[] {
  return readdirSync(path)
    .flatMap((name) => splitDirectory.exec(name)?.[1] ?? [])
    .sort();
}

function dataFiles(path: string, split: string): string[] {
  const directory = join(path, `Split-${split}`);
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => parquetFile.test(name)) : [];
  if (names.length === 0) throw notExamples(directory, "it has no data_parquet-*.parquet");
  return names.sort().map((name) => join(directory, name));
}

function unionOf(tables: readonly string[]): string {
  const [only] = tables;
  if (tables.length === 1 && only !== undefined) return only;
  return `(${tables.map((table) => `SELECT * FROM ${table}`).join(" UNION ALL ")})`;
}

function notExamples(path: string, reason: string): Terminal {
  return new Terminal("not-examples", `Cannot read ${path} as Examples: ${reason}`, { file: path });
}

function noSuchSplit(split: string, splits: readonly string[]): never {
  throw new Terminal(
    "no-such-split",
    `Cannot read split ${JSON.stringify(split)}: the Examples have ${splits.map((s) => JSON.stringify(s)).join(", ")}`,
    { field: split },
  );
}
