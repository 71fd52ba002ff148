import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { identifier, type Engine, type Examples } from "../engine/mod.ts";
import { Terminal } from "../model/mod.ts";
import type { Classifier } from "./classifier.ts";
import type { Predictions } from "./predictions.ts";
import { readRawColumns } from "./raw-columns.ts";

/** Rows predicted at a time: they are in memory as raw columns and as scores. */
export const batchRows = 16_384;

/** What is predicted, and where the predictions are kept. */
export interface PredictSplit {
  readonly examples: Examples;
  readonly split: string;
  readonly classifier: Classifier;
  /** Raw features that slices are made of. */
  readonly sliceFeatures: readonly string[];
  /** Raw feature that weighs examples. */
  readonly weight?: string | undefined;
  /** Empty directory for the scores; the table that is returned reads them there. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** @param fraction Rows predicted so far, 0 to 1. */
  readonly progress: (fraction: number) => void;
}

/**
 * Predicts every row of a split, in its order.
 *
 * @throws {Terminal} `no-such-split`, `empty-split`, `column-absent` (the label), `bad-weight`, `prediction-count`.
 */
export async function predictSplit(engine: Engine, given: PredictSplit): Promise<Predictions> {
  const rows = await given.examples.rows(given.split);
  if (rows === 0) throw emptySplit(given.split);
  await assertWeights(engine, given);
  await writePredictions(engine, given, rows);
  return {
    table: predictionsTable(engine, given),
    classes: given.classifier.classes,
    sliceFeatures: given.sliceFeatures,
  };
}

/** Scores and labels as bare little-endian numbers, which the engine reads as they are. */
async function writePredictions(engine: Engine, given: PredictSplit, rows: number): Promise<void> {
  const { classifier, examples, split } = given;
  await using scores = await open(scoresFile(given), "w");
  await using labels = await open(labelsFile(given), "w");
  for (let offset = 0; offset < rows; offset += batchRows) {
    given.signal.throwIfAborted();
    const range = { offset, rows: Math.min(batchRows, rows - offset) };
    const batch = await readRawColumns(engine, examples, split, classifier.features, range);
    const [scored, labelled] = [await classifier.scores(batch, given.signal), classifier.labels(batch)];
    assertAnswered("scores", scored.length, range.rows * classifier.classes.length);
    assertAnswered("labels", labelled.length, range.rows);
    await append(scores, scored);
    await append(labels, labelled);
    given.progress((offset + range.rows) / rows);
  }
}

async function append(file: FileHandle, { buffer, byteOffset, byteLength }: Float32Array | Int32Array): Promise<void> {
  await file.appendFile(new Uint8Array(buffer, byteOffset, byteLength));
}

function scoresFile({ scratch }: PredictSplit): string {
  return join(scratch, "scores.bin");
}

function labelsFile({ scratch }: PredictSplit): string {
  return join(scratch, "labels.bin");
}

/** The three tables have the same rows in the same order, so they are joined side by side. */
function predictionsTable(engine: Engine, given: PredictSplit): string {
  const scores = given.classifier.classes.map((_, index) => `score_${index}`);
  const structure = scores.map((name) => `${name} Float32`).join(", ");
  const labels = engine.fileTable(labelsFile(given), "RowBinary", "label Int32");
  return `(
    SELECT label, scores, weight, slices
    FROM (SELECT label FROM ${labels}) AS labels
    PASTE JOIN (
      SELECT [${scores.join(", ")}] AS scores FROM ${engine.fileTable(scoresFile(given), "RowBinary", structure)}
    ) AS scored
    PASTE JOIN (
      SELECT ${weightSql(given)} AS weight, ${slicesSql(given)} AS slices
      FROM ${given.examples.table(given.split)} AS source
    ) AS raw
  )`;
}

function weightSql({ weight }: PredictSplit): string {
  return weight === undefined ? "toFloat64(1)" : `assumeNotNull(toFloat64(${sourceColumn(weight)}))`;
}

/** Values of each slicing feature as texts: one, none if it is missing, or each once if it is repeated. */
function slicesSql({ examples, sliceFeatures }: PredictSplit): string {
  const values = sliceFeatures.map((feature) => {
    const repeated = examples.columns.find(({ name }) => name === feature)?.repeated ?? false;
    const all = repeated ? `arrayDistinct(${sourceColumn(feature)})` : `[${sourceColumn(feature)}]`;
    return `arrayMap(value -> assumeNotNull(toString(value)), arrayFilter(value -> isNotNull(value), ${all}))`;
  });
  return values.length === 0 ? "CAST([], 'Array(Array(String))')" : `[${values.join(", ")}]`;
}

/** Qualified, since a feature may be named as one of our columns is, and an alias would take its place. */
function sourceColumn(name: string): string {
  return `source.${identifier(name)}`;
}

async function assertWeights(engine: Engine, { examples, split, weight }: PredictSplit): Promise<void> {
  if (weight === undefined) return;
  const column = examples.columns.find(({ name }) => name === weight);
  if (column === undefined || column.kind === "bytes" || column.repeated) throw notAWeight(weight, "it is no number");
  const value = sourceColumn(weight);
  const [row] = await engine.query<{ bad: number }>(
    `SELECT toFloat64(countIf(isNull(${value}) OR NOT isFinite(${value}) OR ${value} < 0)) AS bad
    FROM ${examples.table(split)} AS source`,
  );
  if (row !== undefined && row.bad > 0) throw notAWeight(weight, `${row.bad} rows of ${split} have none`);
}

function notAWeight(weight: string, why: string): Terminal {
  return new Terminal(
    "bad-weight",
    `Cannot weigh examples by ${JSON.stringify(weight)} as every row must have a number of 0 or more there: ${why}`,
    { field: weight },
  );
}

function emptySplit(split: string): Terminal {
  return new Terminal(
    "empty-split",
    `Cannot evaluate a model on split ${JSON.stringify(split)} as it must have rows: it has none; ` +
      "publish more data, or give the split more hash buckets",
    { field: split },
  );
}

/** A model that answers fewer or more rows than it was asked would shift its scores against labels and slices. */
function assertAnswered(what: string, numbers: number, expected: number): void {
  if (numbers === expected) return;
  throw new Terminal(
    "prediction-count",
    `Cannot evaluate the model as it must answer each row: ${expected} ${what} were expected, it gave ${numbers}`,
  );
}
