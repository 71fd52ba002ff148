import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { Terminal } from "../model/mod.ts";
import type { Engine } from "./engine.ts";
import { columnStructure, describeColumns, type FeatureColumn } from "./feature-column.ts";
import { identifier } from "./sql.ts";
import { loadTfRecords } from "./tfrecord-table.ts";

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
const tfRecordFile = /^data_tfrecord-\d{5}-of-\d{5}(?:\.gz)?$/;

/**
 * Opens an Examples artifact as TFX lays it out: `Split-<name>/data_parquet-*.parquet`, read where it lies, or
 * `Split-<name>/data_tfrecord-*.gz` of tf.Example, loaded into the engine first.
 * @param path The artifact's directory.
 * @param order Names of its splits in their order (the `split_names` property); default by name.
 * @throws {Terminal} `not-examples`: no split, or a split without data files; `unsupported-column`; `bad-tfrecord`.
 */
export async function openExamples(engine: Engine, path: string, order?: readonly string[]): Promise<Examples> {
  const splits = order ?? splitNames(path);
  const files = splits.map((split) => dataFiles(path, split));
  if (splits.length === 0) throw notExamples(path, "it has no Split-<name> directory");
  const { columns, tables } = files.every((paths) => parquetFile.test(basename(paths[0] ?? "")))
    ? await openParquet(engine, files)
    : await openTfRecords(engine, files);
  const bySplit = new Map(splits.map((split, index) => [split, tables[index]]));
  const table = (split: string) => bySplit.get(split) ?? noSuchSplit(split, splits);
  const rows = async (split: string) => {
    const [row] = await engine.query<{ rows: number }>(`SELECT count() AS rows FROM ${table(split)}`);
    return row?.rows ?? 0;
  };
  return { splits, columns, table, rows };
}

interface Opened {
  readonly columns: readonly FeatureColumn[];
  /** A table expression a split. */
  readonly tables: readonly string[];
}

async function openParquet(engine: Engine, files: readonly (readonly string[])[]): Promise<Opened> {
  const columns = await describeColumns(engine, engine.fileTable(files[0]?.[0] ?? "", "Parquet"));
  const structure = columnStructure(columns);
  const tables = files.map((paths) => unionOf(paths.map((path) => engine.fileTable(path, "Parquet", structure))));
  return { columns, tables };
}

/** All splits are loaded as one table, so that they have the same columns. */
async function openTfRecords(engine: Engine, files: readonly (readonly string[])[]): Promise<Opened> {
  const loaded = await loadTfRecords(engine, files.flat());
  const columns = loaded.columns.map(({ name, kind, repeated }) => ({
    name,
    kind: kind === "none" ? "bytes" : kind,
    repeated,
  }));
  const named = loaded.columns.map(({ name, column }) => `t.${column} AS ${identifier(name)}`).join(", ");
  const tables = files.map((paths) => {
    const [first, last] = [files.flat().indexOf(paths[0] ?? ""), files.flat().indexOf(paths.at(-1) ?? "")];
    return `(SELECT ${named} FROM ${loaded.table} AS t WHERE t.file BETWEEN ${first} AND ${last} ORDER BY t.row)`;
  });
  return { columns, tables };
}

function splitNames(path: string): string[] {
  return readdirSync(path)
    .flatMap((name) => splitDirectory.exec(name)?.[1] ?? [])
    .sort();
}

function dataFiles(path: string, split: string): string[] {
  const directory = join(path, `Split-${split}`);
  const names = existsSync(directory) ? readdirSync(directory) : [];
  const data = [parquetFile, tfRecordFile].map((pattern) => names.filter((name) => pattern.test(name)));
  const files = data.find((found) => found.length > 0);
  if (files === undefined) throw notExamples(directory, "it has no data_parquet-*.parquet and no data_tfrecord-*.gz");
  return files.sort().map((name) => join(directory, name));
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
