import { hash } from "node:crypto";
import { Terminal } from "../model/mod.ts";
import { decodeExample, encodeExample, type FeatureValues, readTfRecords } from "../tensorflow/example/mod.ts";
import type { Engine } from "./engine.ts";
import { columnType, type FeatureKind } from "./feature-column.ts";
import type { SerializedColumn } from "./serialized-example.ts";

/** Records held in memory before they go to the engine. */
const batchRows = 5_000;

/**
 * TFRecord files as a table: columns `row` (from 0, over all files), `file`
 * (its index in `paths`), `key` (if asked for), and `c1`, `c2`, … of the features.
 */
export interface TfRecordTable {
  readonly table: string;
  /** Features by name; `none` where no record has a kind. */
  readonly columns: readonly SerializedColumn[];
}

export interface TfRecordTableOptions {
  /** Adds column `key`: sha256, in hex, of the example in deterministic form, which is TFX's partition key. */
  readonly keys?: boolean;
}

/**
 * Loads TFRecord files of tf.Example into a scratch table, in two passes: what columns there are, then their values.
 * @throws {Terminal} `bad-tfrecord`; `bad-example` and `mixed-kinds` naming file and record.
 */
export async function loadTfRecords(
  engine: Engine,
  paths: readonly string[],
  options: TfRecordTableOptions = {},
): Promise<TfRecordTable> {
  const columns = await surveyColumns(paths);
  const encoded = columns.map(({ column, kind }) => `${column} Array(${kind === "none" ? "String" : wireTypes[kind]})`);
  const loaded = await engine.scratch({ columns: ["row UInt64", "file UInt32", "key String", ...encoded].join(", ") }, [
    "row",
  ]);
  await fill(engine, loaded, paths, columns, options.keys ?? false);
  const typed = columns.map((column) => `${decoded(column)} AS ${column.column}`);
  const select = `SELECT ${["t.row", "t.file", "t.key", ...typed].join(", ")} FROM ${loaded} AS t ORDER BY t.row`;
  return { table: await engine.scratch({ select }, ["row"]), columns };
}

/** How values travel to the engine as JSON: bytes in hex, since a JSON text holds no arbitrary bytes. */
const wireTypes: Readonly<Record<FeatureKind, string>> = { int: "Int64", float: "Float32", bytes: "String" };

function decoded({ column, kind, repeated }: SerializedColumn): string {
  const list = kind === "bytes" ? `arrayMap(v -> unhex(v), t.${column})` : `t.${column}`;
  const type = columnType({ kind: kind === "none" ? "bytes" : kind, repeated });
  return repeated ? `CAST(${list}, '${type}')` : `CAST(if(empty(${list}), NULL, ${list}[1]), '${type}')`;
}

async function surveyColumns(paths: readonly string[]): Promise<SerializedColumn[]> {
  const seen = new Map<string, { kind: FeatureKind | "none"; repeated: boolean }>();
  for await (const { features, place } of readExamples(paths)) {
    for (const [name, feature] of features) {
      const column = seen.get(name) ?? { kind: "none", repeated: false };
      seen.set(name, column);
      if (feature.kind === "none") continue;
      if (column.kind !== "none" && column.kind !== feature.kind)
        throw mixedKinds(place, name, column.kind, feature.kind);
      column.kind = feature.kind;
      column.repeated ||= feature.values.length > 1;
    }
  }
  const byName = [...seen].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return byName.map(([name, { kind, repeated }], index) => ({ name, column: `c${index + 1}`, kind, repeated }));
}

async function fill(
  engine: Engine,
  table: string,
  paths: readonly string[],
  columns: readonly SerializedColumn[],
  keys: boolean,
): Promise<void> {
  let batch: Record<string, unknown>[] = [];
  let row = 0;
  for await (const { features, place } of readExamples(paths)) {
    const values = columns.map(({ name, column }) => [column, toJson(features.get(name))]);
    const key = keys ? hash("sha256", encodeExample(features), "hex") : "";
    batch.push({ row, file: place.file, key, ...Object.fromEntries(values) });
    row += 1;
    if (batch.length < batchRows) continue;
    await engine.insert(table, batch);
    batch = [];
  }
  if (batch.length > 0) await engine.insert(table, batch);
}

function toJson(feature: FeatureValues | undefined): readonly (string | number)[] {
  switch (feature?.kind) {
    case "int":
      return feature.values.map(String);
    case "float":
      return feature.values.map((value) => (Number.isFinite(value) ? value : String(value)));
    case "bytes":
      return feature.values.map((value) => Buffer.from(value).toString("hex"));
    default:
      return [];
  }
}

interface RecordPlace {
  /** Index of the file among those given. */
  readonly file: number;
  readonly path: string;
  readonly record: number;
}

async function* readExamples(
  paths: readonly string[],
): AsyncGenerator<{ features: Map<string, FeatureValues>; place: RecordPlace }> {
  for (const [file, path] of paths.entries()) {
    let record = 0;
    for await (const bytes of readTfRecords(path)) {
      const place = { file, path, record };
      yield { features: decode(bytes, place), place };
      record += 1;
    }
  }
}

function decode(bytes: Uint8Array, { path, record }: RecordPlace): Map<string, FeatureValues> {
  try {
    return decodeExample(bytes);
  } catch (cause) {
    throw new Terminal("bad-example", `Cannot read record ${record} of ${path} as tf.Example: it is no such message`, {
      file: path,
      cause,
    });
  }
}

function mixedKinds(place: RecordPlace, name: string, was: FeatureKind, is: FeatureKind): Terminal {
  return new Terminal(
    "mixed-kinds",
    `Cannot read feature ${JSON.stringify(name)} of record ${place.record} of ${place.path}: ` +
      `its kind must be ${was} as in earlier records: it is ${is}`,
    { file: place.path, field: name },
  );
}
