import type { PredictedOutput, Prediction, RawBatch, Signature } from "millrace/training";
import type { Catalog } from "../catalog.ts";
import { readPredictRequest } from "../columns.ts";
import { parseRequestJson } from "../request-json.ts";
import { type ResponseValue, shortFloat } from "../response-json.ts";
import { invalidArgument } from "../rest-error.ts";
import { defaultSignature } from "./metadata.ts";

/** `POST /v1/models/M[/versions/V]:predict`: raw rows or columns in, predictions in the same format out. */
export async function predict(
  catalog: Catalog,
  model: string,
  version: string | undefined,
  body: string,
  signal: AbortSignal,
): Promise<ResponseValue> {
  const { serving } = catalog.version(model, version);
  const names = serving.signature.inputs.map(({ name }) => name);
  const request = readPredictRequest(parseRequestJson(body), names);
  checkSignatureName(request.signatureName);
  checkNames(request.columns, serving.signature);
  const prediction = await serving.predict(request.columns, signal);
  return request.format === "row" ? { predictions: asRows(prediction) } : { outputs: asColumns(prediction) };
}

function checkSignatureName(name: string): void {
  if (name === "" || name === defaultSignature) return;
  throw invalidArgument(`Serving signature name: "${name}" not found in signature def: it has "${defaultSignature}"`);
}

/** A misspelt input would count as missing and give a wrong answer; a raw column the model doesn't need may stay. */
function checkNames(columns: RawBatch, { columns: known, inputs }: Signature): void {
  const unknown = Object.keys(columns).find((name) => !known.some((column) => column.name === name));
  if (unknown === undefined) return;
  const names = inputs.map(({ name }) => `"${name}"`).join(", ");
  throw invalidArgument(`JSON object: does not have named input: "${unknown}": the model's inputs are ${names}`);
}

/** One output bare, several as an object of each row. */
function asRows({ outputs, rows }: Prediction): ResponseValue {
  const [only] = outputs;
  const bare = outputs.length === 1 ? only : undefined;
  return Array.from({ length: rows }, (_, row) => {
    if (bare !== undefined) return rowOf(bare, row);
    return Object.fromEntries(outputs.map((output) => [output.name, rowOf(output, row)]));
  });
}

function asColumns({ outputs, rows }: Prediction): ResponseValue {
  const column = (output: PredictedOutput) => Array.from({ length: rows }, (_, row) => rowOf(output, row));
  const [only] = outputs;
  if (outputs.length === 1 && only !== undefined) return column(only);
  return Object.fromEntries(outputs.map((output) => [output.name, column(output)]));
}

function rowOf({ data, shape }: PredictedOutput, row: number): ResponseValue {
  const [width] = shape;
  const values = data.slice(row * (width ?? 1), (row + 1) * (width ?? 1));
  const numbers = values instanceof Float32Array ? Array.from(values, shortFloat) : Array.from<number | string>(values);
  return width === undefined ? numbers[0]! : numbers;
}
