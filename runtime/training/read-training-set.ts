import { type Engine, identifier } from "../engine/mod.ts";
import { Terminal } from "../model/mod.ts";
import { unseenId, widthOf } from "./features.ts";
import type { ModelFeature, ModelLabel } from "./layers/mod.ts";
import type { TrainingSet } from "./training-set.ts";

/** Most values held in memory at once, as 32-bit floats: one GiB. */
const valuesMax = 2 ** 28;

/** Most values fetched at once. */
const pageValuesMax = 2 ** 20;

/** A split of transformed examples, as `Examples.table` gives it. */
export interface SplitTable {
  readonly split: string;
  readonly table: string;
}

/**
 * Reads a split of transformed examples column by column into memory. Rows whose label is missing or unseen are left
 * out, as they can't teach anything.
 * @returns The rows that remain, in the split's order.
 * @throws {Terminal} `no-rows`: none remain; `too-large`; `not-finite` naming the feature.
 */
export async function readTrainingSet(
  engine: Engine,
  split: SplitTable,
  features: readonly ModelFeature[],
  label: ModelLabel,
): Promise<TrainingSet> {
  const rows = await countRows(engine, split, label);
  const width = features.reduce((sum, feature) => sum + widthOf(feature), 1);
  checkSize(split.split, rows, width);
  const set = emptySet(rows, features);
  const pageRows = Math.max(1, Math.floor(pageValuesMax / width));
  const select = numbered(split, features, label);
  const source = rows > pageRows ? await engine.scratch({ select }, ["row"]) : `(${select})`;
  for (let start = 0; start < rows; start += pageRows) {
    const page = await readPage(engine, source, features, start, Math.min(rows, start + pageRows));
    fill(set, features, page, start);
  }
  return set;
}

/** A column of the split, qualified: a bare name would be taken for the alias of an expression beside it. */
function columnOf(name: string): string {
  return `source.${identifier(name)}`;
}

/** The number of classes that an int label shows in a split: its greatest index and one. */
export async function countClasses(engine: Engine, table: string, label: string): Promise<number> {
  const [found] = await engine.query<{ count: number }>(
    `SELECT toFloat64(max(${columnOf(label)})) + 1 AS count FROM ${table} AS source`,
  );
  return Math.max(found?.count ?? 0, 0);
}

/**
 * How many rows of a split have a label to learn from.
 * @throws {Terminal} `no-rows`: none.
 */
export async function countRows(engine: Engine, { split, table }: SplitTable, label: ModelLabel): Promise<number> {
  const [found] = await engine.query<{ rows: number; all: number }>(
    `SELECT toFloat64(countIf(${hasLabel(label)})) AS rows, toFloat64(count()) AS all FROM ${table} AS source`,
  );
  const { rows, all } = found ?? { rows: 0, all: 0 };
  if (rows > 0) return rows;
  const state = all === 0 ? "it has none" : `none of its ${all} has a known value of ${JSON.stringify(label.name)}`;
  throw new Terminal("no-rows", `Cannot train as split ${JSON.stringify(split)} must have rows: ${state}`, {
    field: split,
  });
}

function checkSize(split: string, rows: number, width: number): void {
  if (rows * width <= valuesMax) return;
  throw new Terminal(
    "too-large",
    `Cannot hold split ${JSON.stringify(split)} in memory as it must have ${valuesMax} values at most: ` +
      `${rows} rows of ${width} are ${rows * width}`,
    { field: split },
  );
}

/** A row counts if its label is a class, or a number. */
function hasLabel({ name, classes }: ModelLabel): string {
  const column = columnOf(name);
  if (classes === undefined) return `ifNull(isFinite(${column}), 0)`;
  return `ifNull(${column} >= 0 AND ${column} < ${classes.length}, 0)`;
}

function numbered({ table }: SplitTable, features: readonly ModelFeature[], label: ModelLabel): string {
  const columns = features.map((feature, index) => `${featureSql(feature)} AS f${index}`);
  const values = [...columns, `assumeNotNull(toFloat32(${columnOf(label.name)})) AS label`].join(", ");
  return `SELECT rowNumberInAllBlocks() AS row, * FROM (SELECT ${values} FROM ${table} AS source WHERE ${hasLabel(label)})`;
}

/** As `modelInput` computes it when serving. A missing number is NaN here, and so refused. */
function featureSql(feature: ModelFeature): string {
  const column = columnOf(feature.name);
  if (feature.shape.length > 0) return column;
  const unseen = unseenId(feature);
  if (unseen === undefined) return `ifNull(toFloat32(${column}), nan)`;
  return `toFloat32(if(ifNull(${column} >= 0 AND ${column} < ${unseen}, 0), assumeNotNull(${column}), ${unseen}))`;
}

/** Values by column; the engine's JSON has null for what is not finite. */
type Page = Readonly<Record<string, readonly (number | null)[]>>;

async function readPage(
  engine: Engine,
  source: string,
  features: readonly ModelFeature[],
  start: number,
  end: number,
): Promise<Page> {
  const columns = features.map((feature, index) =>
    feature.shape.length > 0
      ? `arrayFlatten(groupArray(f${index})) AS f${index}`
      : `groupArray(f${index}) AS f${index}`,
  );
  const rows = `SELECT * FROM ${source} WHERE row >= ${start} AND row < ${end} ORDER BY row`;
  const sql = `SELECT ${[...columns, "groupArray(label) AS label"].join(", ")} FROM (${rows})`;
  const [page] = await engine.query<Page>(sql);
  return page ?? {};
}

function emptySet(rows: number, features: readonly ModelFeature[]): TrainingSet {
  const arrays = features.map((feature) => [feature.name, new Float32Array(rows * widthOf(feature))] as const);
  return { rows, features: Object.fromEntries(arrays), labels: new Float32Array(rows) };
}

function fill(set: TrainingSet, features: readonly ModelFeature[], page: Page, start: number): void {
  set.labels.set(finite("label", page["label"] ?? []), start);
  for (const [index, feature] of features.entries()) {
    const values = finite(feature.name, page[`f${index}`] ?? []);
    set.features[feature.name]!.set(values, start * widthOf(feature));
  }
}

function finite(feature: string, values: readonly (number | null)[]): readonly number[] {
  if (!values.includes(null)) return values as readonly number[];
  throw new Terminal(
    "not-finite",
    `Cannot train on feature ${JSON.stringify(feature)} as every value must be a finite number: some are NaN, infinite ` +
      `or missing. Use fillMissing or clip in preprocessing`,
    { field: feature },
  );
}
