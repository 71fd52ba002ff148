import * as fc from "fast-check";
import { columnType, literal } from "../../engine/mod.ts";
import type { RawColumn } from "../column.ts";

/** A row of the property tests' examples. */
export interface RawRow {
  readonly real: number | null;
  readonly other: number | null;
  readonly whole: number | null;
  readonly text: string | null;
  readonly label: string | null;
}

/** The columns of a `RawRow`. */
export const rawColumns: readonly RawColumn[] = [
  { name: "real", kind: "float" },
  { name: "other", kind: "float" },
  { name: "whole", kind: "int" },
  { name: "text", kind: "string" },
  { name: "label", kind: "string" },
];

const real = fc.oneof(
  fc.constantFrom(null, Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.1),
  fc.float({ noNaN: true, min: -1000, max: 1000 }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);
const whole = fc.oneof(
  fc.constantFrom(null, 0, 2 ** 31, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER),
  fc.integer({ min: -20, max: 20 }),
);
const text = fc.oneof(
  fc.constantFrom(null, "", "a", "b", "ä", "日本", "line\nbreak", "return\r", "a b", "'", "\\", "{x:UInt8}"),
  fc.string({ unit: "grapheme", maxLength: 80 }),
);

/** Any row: missing values, NaN, infinities, Unicode, empty texts. */
export const arbitraryRow: fc.Arbitrary<RawRow> = fc.record({ real, other: real, whole, text, label: text });

/** SQL table expression of rows. */
export function tableOf(rows: readonly RawRow[]): string {
  const structure = rawColumns.map(({ name, kind }) => `${name} ${columnType(engineColumn(kind))}`).join(", ");
  const tuples = rows.map((row) => `(${rawColumns.map(({ name }) => sqlValue(row[name as keyof RawRow])).join(", ")})`);
  return `values(${literal(structure)}, ${tuples.join(", ")})`;
}

function engineColumn(kind: RawColumn["kind"]) {
  return { kind: kind === "string" ? ("bytes" as const) : kind, repeated: false };
}

function sqlValue(value: string | number | null): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return literal(value);
  return Object.is(value, -0) ? "-0." : String(value).replace("Infinity", "inf");
}
