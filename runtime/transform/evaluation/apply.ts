import { Terminal } from "../../model/mod.ts";
import type { ValueKind } from "../graph.ts";
import { nodeAt } from "../graph.ts";
import { ancestors } from "../graph-order.ts";
import type { TransformGraph, TransformOutput } from "../transform-graph.ts";
import type { Column, RawBatch } from "./column.ts";
import { readColumn } from "./column.ts";
import { evaluateNode } from "./node.ts";
import { missingAt } from "./numbers.ts";

/** An output's values in a batch. */
export interface TransformedFeature {
  /** Floats, integers saturated to 32 bits (TensorFlow.js has no others), or texts; row behind row. */
  readonly data: Float32Array | Int32Array | string[];
  /** [rows] for single values, [rows, n] for vectors. */
  readonly shape: readonly number[];
}

/** Which outputs to compute. */
export interface ApplyOptions {
  /** Names of outputs; default all. Columns that only other outputs need may be absent, for example the label's. */
  readonly only?: readonly string[];
}

/**
 * Applies a graph to a batch of raw rows in this process: the same numbers, bit for bit, as materialisation in SQL.
 * Nothing is missing in what it returns: 0 or "" takes its place.
 *
 * @param batch Raw columns by name, equally long; columns that the graph doesn't know are passed over.
 * @throws {Terminal} `no-such-output`; `column-absent`; `ragged-batch`; `invalid-value`.
 */
export function applyTransform(
  graph: TransformGraph,
  batch: RawBatch,
  options: ApplyOptions = {},
): Record<string, TransformedFeature> {
  const outputs = selectOutputs(graph, options.only);
  const nodes = outputs.map(({ node }) => node);
  const rows = rowsOf(batch);
  const columns = new Map<number, Column>();
  for (const index of ancestors(graph, nodes)) columns.set(index, evaluate(graph, index, columns, batch, rows));
  return Object.fromEntries(outputs.map((output) => [output.name, toFeature(columns.get(output.node), output, rows)]));
}

function selectOutputs(graph: TransformGraph, only: readonly string[] | undefined): readonly TransformOutput[] {
  if (only === undefined) return graph.outputs;
  return only.map((name) => {
    const output = graph.outputs.find((candidate) => candidate.name === name);
    if (output !== undefined) return output;
    const known = graph.outputs.map((candidate) => `"${candidate.name}"`).join(", ");
    throw new Terminal("no-such-output", `Cannot compute output "${name}": the transform graph has ${known}`, {
      field: name,
    });
  });
}

function rowsOf(batch: RawBatch): number {
  const [first, ...others] = Object.entries(batch);
  const rows = first?.[1].length ?? 0;
  for (const [name, values] of others) {
    if (values.length === rows) continue;
    throw new Terminal(
      "ragged-batch",
      `Cannot transform a batch as all columns must have ${rows} rows, as "${first?.[0]}" has: ` +
        `"${name}" has ${values.length}`,
      { field: name },
    );
  }
  return rows;
}

function evaluate(
  graph: TransformGraph,
  index: number,
  columns: ReadonlyMap<number, Column>,
  batch: RawBatch,
  rows: number,
): Column {
  const node = nodeAt(graph, index);
  if (node.op === "input") return rawColumn(node.column, node.kind, batch);
  const inputs = node.inputs.flatMap((input) => columns.get(input) ?? []);
  return evaluateNode(graph, index, node, inputs, rows);
}

function rawColumn(name: string, kind: ValueKind, batch: RawBatch): Column {
  const raw = Object.hasOwn(batch, name) ? batch[name] : undefined;
  if (raw !== undefined) return readColumn(name, kind, raw);
  const given = Object.keys(batch)
    .map((column) => `"${column}"`)
    .join(", ");
  throw new Terminal(
    "column-absent",
    `Cannot transform a batch as it must have column "${name}": it has ${given === "" ? "none" : given}`,
    { field: name },
  );
}

function toFeature(column: Column | undefined, output: TransformOutput, rows: number): TransformedFeature {
  const shape = [rows, ...output.shape];
  switch (column?.type) {
    case "vectors":
      return { data: column.values, shape };
    case "texts":
      return { data: column.values.map((text) => text ?? ""), shape };
    case "numbers": {
      const values = column.values.map((value, row) => (missingAt(column, row) ? 0 : value));
      return { data: output.kind === "float" ? Float32Array.from(values) : saturated(values), shape };
    }
    case undefined:
      throw new TypeError(`Cannot find the values of output "${output.name}"`);
  }
}

function saturated(values: Float64Array): Int32Array {
  return Int32Array.from(values, (value) => Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
}
