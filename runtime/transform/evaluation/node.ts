import type { ArithmeticNode, GraphNode, ZScoreNode, MinMaxNode } from "../graph.ts";
import { resultOf } from "../graph.ts";
import { standardDeviation } from "../standard-deviation.ts";
import type { TransformGraph } from "../transform-graph.ts";
import { kindOf } from "../value-kind.ts";
import { widthOf } from "../width.ts";
import { hashTexts, lookUp } from "./categories.ts";
import type { Column, NumberColumn, TextColumn } from "./column.ts";
import { combineNumbers, constantNumbers, fillNumbers, mapNumbers, missingAt, truncateNumbers } from "./numbers.ts";
import { concatenate, oneHot } from "./vectors.ts";

const { fround } = Math;

/** The values of a node over a batch, from those of its inputs. Raw columns are the caller's. */
export function evaluateNode(
  graph: TransformGraph,
  index: number,
  node: Exclude<GraphNode, { op: "input" }>,
  inputs: readonly Column[],
  rows: number,
): Column {
  switch (node.op) {
    case "constant":
      return constantNumbers(rows, node.value);
    case "fill":
      return fill(only(inputs), node.value);
    case "cast":
      return cast(numbers(only(inputs)), kindOf(graph, node.inputs[0]), node.to);
    case "log1p":
      return mapNumbers(numbers(only(inputs)), (x) => fround(Math.log1p(x)));
    case "clip":
      return mapNumbers(numbers(only(inputs)), clipper(node.min, node.max));
    case "add":
    case "subtract":
    case "multiply":
    case "divide":
      return combineNumbers(numbers(inputs[0]), numbers(inputs[1]), arithmetic[node.op]);
    case "zScore":
      return mapNumbers(numbers(only(inputs)), zScorer(graph, node));
    case "minMax":
      return mapNumbers(numbers(only(inputs)), minMaxScaler(graph, node));
    case "bucket":
      return mapNumbers(numbers(only(inputs)), bucketer(resultOf(graph, node.analyzer, "quantiles").boundaries));
    case "lookup":
      return lookUp(texts(only(inputs)), graph.indexes(node.analyzer), node);
    case "hash":
      return hashTexts(texts(only(inputs)), node.buckets);
    case "oneHot":
      return oneHot(numbers(only(inputs)), widthOf(graph, index) ?? 0);
    case "concatenate":
      return concatenate(inputs.map(vectorPart), rows);
  }
}

const arithmetic: Readonly<Record<ArithmeticNode["op"], (x: number, y: number) => number>> = {
  add: (x, y) => fround(x + y),
  subtract: (x, y) => fround(x - y),
  multiply: (x, y) => fround(x * y),
  divide: (x, y) => fround(x / y),
};

function fill(column: Column, value: number | string): Column {
  if (typeof value === "number") return fillNumbers(numbers(column), value);
  return { type: "texts", values: texts(column).values.map((text) => text ?? value) };
}

function cast(column: NumberColumn, from: string, to: string): Column {
  if (to === "string") {
    const values = Array.from(column.values, (value, row) => (missingAt(column, row) ? null : String(value)));
    return { type: "texts", values };
  }
  return from === "int" ? mapNumbers(column, fround) : truncateNumbers(column);
}

function clipper(min: number | null, max: number | null): (x: number) => number {
  return (x) => {
    if (min !== null && x < min) return min;
    return max !== null && x > max ? max : x;
  };
}

function zScorer(graph: TransformGraph, node: ZScoreNode): (x: number) => number {
  const { mean, variance } = resultOf(graph, node.analyzer, "moments");
  const deviation = standardDeviation(variance);
  return deviation === 0 ? (x) => fround(x - mean) : (x) => fround(fround(x - mean) / deviation);
}

function minMaxScaler(graph: TransformGraph, node: MinMaxNode): (x: number) => number {
  const { min, max } = resultOf(graph, node.analyzer, "range");
  const range = fround(max - min);
  const share =
    min < max ? (x: number) => fround(fround(x - min) / range) : (x: number) => fround(1 / (1 + Math.exp(-x)));
  const width = fround(node.max - node.min);
  return (x) => fround(fround(share(x) * width) + node.min);
}

function bucketer(boundaries: readonly number[]): (x: number) => number {
  return (x) => {
    if (Number.isNaN(x)) return boundaries.length;
    let [low, high] = [0, boundaries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((boundaries[middle] ?? Infinity) <= x) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function vectorPart(column: Column) {
  if (column.type === "texts") throw wrongColumn(column);
  return column;
}

function only(inputs: readonly Column[]): Column {
  const [input] = inputs;
  if (input === undefined) throw new TypeError("Cannot evaluate an operation without its input");
  return input;
}

function numbers(column: Column | undefined): NumberColumn {
  if (column?.type !== "numbers") throw wrongColumn(column);
  return column;
}

function texts(column: Column): TextColumn {
  if (column.type !== "texts") throw wrongColumn(column);
  return column;
}

function wrongColumn(column: Column | undefined): TypeError {
  return new TypeError(`Cannot evaluate an operation on ${column?.type}: tracing lets none through`);
}
