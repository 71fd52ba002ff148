import type { RawBatch, RawValue } from "millrace/training";
import { invalidArgument } from "./rest-error.ts";

/** A predict request's rows as columns, and the format to answer in. */
export interface PredictRequest {
  readonly format: "row" | "column";
  readonly signatureName: string;
  readonly columns: RawBatch;
}

/**
 * Reads a predict request: `instances` holds rows, `inputs` columns.
 * @param inputNames The signature's inputs; a single one may be given bare.
 * @throws {RestError} 400.
 * Source: TensorFlow Serving, RESTful API.
 */
export function readPredictRequest(body: unknown, inputNames: readonly string[]): PredictRequest {
  if (!isObject(body)) throw invalidArgument("JSON Value: must be an object");
  const { instances, inputs, signature_name: signatureName = "" } = body;
  if (typeof signatureName !== "string") throw invalidArgument("'signature_name' must be a string");
  if ((instances === undefined) === (inputs === undefined)) {
    throw invalidArgument(
      instances === undefined
        ? "Missing 'inputs' or 'instances' key"
        : "Not formatted correctly expecting only one of 'inputs' or 'instances' keys in JSON object",
    );
  }
  return instances === undefined
    ? { format: "column", signatureName, columns: readColumns(inputs, inputNames) }
    : { format: "row", signatureName, columns: readRows(instances, inputNames) };
}

function readRows(instances: unknown, inputNames: readonly string[]): RawBatch {
  if (!Array.isArray(instances) || instances.length === 0) {
    throw invalidArgument("Request data format error: 'instances' must be a list with at least one row");
  }
  const columns = new Map<string, RawValue[]>();
  for (const [row, instance] of instances.entries()) {
    for (const [name, value] of Object.entries(namedValues(instance, inputNames, row))) {
      let column = columns.get(name);
      if (column === undefined) columns.set(name, (column = Array.from({ length: instances.length }, () => null)));
      column[row] = readValue(value, name, row);
    }
  }
  if (columns.size === 0)
    for (const name of inputNames)
      columns.set(
        name,
        instances.map(() => null),
      );
  return Object.fromEntries(columns);
}

function namedValues(instance: unknown, inputNames: readonly string[], row: number): Record<string, unknown> {
  if (isObject(instance) && !isBytes(instance)) return instance;
  const [only] = inputNames;
  if (inputNames.length === 1 && only !== undefined) return { [only]: instance };
  throw invalidArgument(
    `Failed to process element: ${row} of 'instances' list. It must be an object with the inputs ${inputNames.join(", ")}`,
  );
}

function readColumns(inputs: unknown, inputNames: readonly string[]): RawBatch {
  const [only] = inputNames;
  const named = Array.isArray(inputs) && inputNames.length === 1 && only !== undefined ? { [only]: inputs } : inputs;
  if (!isObject(named) || Object.keys(named).length === 0) {
    throw invalidArgument(`'inputs' must be an object of lists with the inputs ${inputNames.join(", ")}`);
  }
  return Object.fromEntries(Object.entries(named).map(([name, values]) => [name, readColumn(name, values)]));
}

function readColumn(name: string, values: unknown): RawValue[] {
  if (!Array.isArray(values)) throw invalidArgument(`Input "${name}" must be a list with one value a row`);
  return values.map((value: unknown, row) => readValue(value, name, row));
}

/** Bytes are text in UTF-8; a list of one value is that value, as clients of shape [-1, 1] send it. */
function readValue(value: unknown, name: string, row: number): RawValue {
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  if (Array.isArray(value) && value.length === 1) return readValue(value[0], name, row);
  if (isObject(value) && isBytes(value)) return decodeBytes(value["b64"] as string, name, row);
  throw invalidArgument(
    `Input "${name}" of row ${row} must be a number, a string, {"b64": …} or null: it is ${JSON.stringify(value).slice(0, 80)}`,
  );
}

/** Node's decoder passes over what is no base64. */
const base64Text = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function decodeBytes(base64: string, name: string, row: number): string {
  try {
    if (!base64Text.test(base64)) throw new TypeError("it has other characters, or is cut off");
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(base64, "base64"));
  } catch (error) {
    throw invalidArgument(`Input "${name}" of row ${row} must be base64 of text in UTF-8: ${String(error)}`);
  }
}

function isBytes(value: Record<string, unknown>): boolean {
  return typeof value["b64"] === "string" && Object.keys(value).length === 1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
