import { Terminal } from "../../model/mod.ts";
import type { ValueKind } from "../graph.ts";

/** A raw value: null or an empty list is missing, a list of one stands for its element, as in tf.Example. */
export type RawValue = number | string | null | undefined | readonly (number | string)[];

/** Raw columns by name, equally long. */
export type RawBatch = Readonly<Record<string, readonly RawValue[]>>;

/** Numbers of a batch; where `missing` is 1 the number means nothing. Floats are float32 values. */
export interface NumberColumn {
  readonly type: "numbers";
  readonly values: Float64Array;
  readonly missing: Uint8Array;
}

/** Texts of a batch; null is missing. */
export interface TextColumn {
  readonly type: "texts";
  readonly values: readonly (string | null)[];
}

/** Vectors of a batch, row behind row. */
export interface VectorColumn {
  readonly type: "vectors";
  readonly values: Float32Array;
  readonly width: number;
}

/** A node's values in a batch. */
export type Column = NumberColumn | TextColumn | VectorColumn;

/**
 * Reads a raw column of a batch.
 * @throws {Terminal} `invalid-value` naming column and row (from 0): another type, several values, not an integer.
 */
export function readColumn(name: string, kind: ValueKind, raw: readonly RawValue[]): Column {
  return kind === "string" ? readTexts(name, raw) : readNumbers(name, kind, raw);
}

function readTexts(name: string, raw: readonly RawValue[]): TextColumn {
  const values = raw.map((value, row) => {
    const single = singleValue(name, row, value);
    if (single === null || typeof single === "string") return single;
    throw invalidValue(name, row, "text", single);
  });
  return { type: "texts", values };
}

function readNumbers(name: string, kind: "int" | "float", raw: readonly RawValue[]): NumberColumn {
  const column = emptyNumbers(raw.length);
  for (const [row, value] of raw.entries()) {
    const single = singleValue(name, row, value);
    if (single === null) column.missing[row] = 1;
    else column.values[row] = readNumber(name, kind, row, single);
  }
  return column;
}

function readNumber(name: string, kind: "int" | "float", row: number, value: unknown): number {
  if (typeof value !== "number") throw invalidValue(name, row, "a number", value);
  if (kind === "float") return Math.fround(value);
  if (!Number.isSafeInteger(value)) throw invalidValue(name, row, "an integer within ±2^53", value);
  return value;
}

function singleValue(name: string, row: number, value: RawValue): number | string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") return value;
  if (value.length > 1) throw invalidValue(name, row, "one value", `a list of ${value.length}`);
  return value[0] ?? null;
}

function invalidValue(name: string, row: number, required: string, current: unknown): Terminal {
  const shown = typeof current === "string" ? JSON.stringify(current.slice(0, 100)) : String(current);
  return new Terminal(
    "invalid-value",
    `Cannot read "${name}" in row ${row} as it must be ${required}: it is ${shown}`,
    {
      field: name,
    },
  );
}

/** Zeros, none missing. */
export function emptyNumbers(rows: number): NumberColumn {
  return { type: "numbers", values: new Float64Array(rows), missing: new Uint8Array(rows) };
}
