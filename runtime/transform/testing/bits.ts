import { identifier } from "../../engine/mod.ts";
import type { TransformedFeature } from "../evaluation/apply.ts";
import type { TransformGraph, TransformOutput } from "../transform-graph.ts";

const nanBits = 0x7fc00000;

/** A query for transformed rows whose floats are their bits, every NaN the same. */
export function selectBits(graph: TransformGraph, materialization: string): string {
  const columns = graph.outputs.map((output) => `${bitsSql(output)} AS ${identifier(output.name)}`);
  return `SELECT ${columns.join(", ")} FROM (${materialization})`;
}

function bitsSql({ name, kind, shape }: TransformOutput): string {
  const column = identifier(name);
  if (shape.length > 0) return `arrayMap(x -> ${floatBitsSql("x")}, ${column})`;
  if (kind === "float") return floatBitsSql(`assumeNotNull(${column})`);
  return kind === "int" ? `toInt32(${column})` : column;
}

function floatBitsSql(x: string): string {
  return `if(isNaN(${x}), toUInt32(${nanBits}), reinterpretAsUInt32(${x}))`;
}

/** The same of evaluated rows. */
export function bitsOf(features: Readonly<Record<string, TransformedFeature>>): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  for (const [name, { data, shape }] of Object.entries(features)) {
    const values = data instanceof Float32Array ? Array.from(data, floatBits) : Array.from<unknown>(data);
    const [count = 0, width] = shape;
    for (let row = 0; row < count; row += 1) {
      (rows[row] ??= {})[name] = width === undefined ? values[row] : values.slice(row * width, (row + 1) * width);
    }
  }
  return rows;
}

function floatBits(value: number): number {
  return Number.isNaN(value) ? nanBits : (new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0);
}
