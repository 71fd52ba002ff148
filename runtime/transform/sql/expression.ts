import { identifier, literal } from "../../engine/mod.ts";
import type { AnalyzedGraph, GraphNode, LookupNode, MinMaxNode, ZScoreNode } from "../graph.ts";
import { nodeAt, resultOf } from "../graph.ts";
import { standardDeviation } from "../standard-deviation.ts";
import { kindOf } from "../value-kind.ts";
import { widthOf } from "../width.ts";

/** SQL for the constant array of a vocabulary's values, by the index of its analyzer. */
export type VocabularySql = (analyzer: number) => string;

/** Name of a node's column in a staged query. It can't clash with raw columns, which are renamed first. */
export function nodeColumn(index: number): string {
  return `n${index}`;
}

/** SQL of a node over its inputs' columns. Each operation is rounded to Float32, as evaluation rounds it. */
export function expression(graph: AnalyzedGraph, index: number, vocabulary: VocabularySql): string {
  const node = nodeAt(graph, index);
  const [x = "", y = ""] = node.inputs.map(nodeColumn);
  switch (node.op) {
    case "input":
      return rawColumn(node);
    case "constant":
      return float(node.value);
    case "fill":
      return `ifNull(${x}, ${fillValue(graph, index, node.value)})`;
    case "cast":
      return castTo[node.to](x);
    case "log1p":
      return `toFloat32(log1p(${x}))`;
    case "clip":
      return `multiIf(${limit(x, "<", node.min)}${limit(x, ">", node.max)}${x})`;
    case "add":
      return `toFloat32(${x} + ${y})`;
    case "subtract":
      return `toFloat32(${x} - ${y})`;
    case "multiply":
      return `toFloat32(${x} * ${y})`;
    case "divide":
      return `toFloat32(${x} / ${y})`;
    case "zScore":
      return zScore(graph, node, x);
    case "minMax":
      return minMax(graph, node, x);
    case "bucket":
      return bucket(resultOf(graph, node.analyzer, "quantiles").boundaries, x);
    case "lookup":
      return lookup(graph, node, x, vocabulary(node.analyzer));
    case "hash":
      return `toInt64(farmFingerprint64(ifNull(${x}, '')) % ${node.buckets})`;
    case "oneHot":
      return `arrayMap(i -> toFloat32(i = ifNull(${x}, -1)), range(${widthOf(graph, index) ?? 0}))`;
    case "concatenate":
      return `arrayConcat(${node.inputs.map((input) => floats(graph, input)).join(", ")})`;
  }
}

const rawTypes = { float: "Nullable(Float32)", int: "Nullable(Int64)", string: "Nullable(String)" } as const;

function rawColumn(node: Extract<GraphNode, { op: "input" }>): string {
  return `CAST(${identifier(node.column)}, '${rawTypes[node.kind]}')`;
}

const castTo = {
  float: (x: string) => `toFloat32(${x})`,
  int: (x: string) => `if(abs(${x}) < 9007199254740992, accurateCastOrNull(trunc(${x}), 'Int64'), NULL)`,
  string: (x: string) => `toString(${x})`,
} as const;

function fillValue(graph: AnalyzedGraph, index: number, value: number | string): string {
  if (typeof value === "string") return literal(value);
  return kindOf(graph, index) === "float" ? float(value) : `toInt64(${value})`;
}

function limit(x: string, comparison: "<" | ">", bound: number | null): string {
  return bound === null ? "" : `${x} ${comparison} ${float(bound)}, ${float(bound)}, `;
}

function zScore(graph: AnalyzedGraph, node: ZScoreNode, x: string): string {
  const { mean, variance } = resultOf(graph, node.analyzer, "moments");
  const deviation = standardDeviation(variance);
  const centred = `toFloat32(${x} - ${float(mean)})`;
  return deviation === 0 ? centred : `toFloat32(${centred} / ${float(deviation)})`;
}

function minMax(graph: AnalyzedGraph, node: MinMaxNode, x: string): string {
  const { min, max } = resultOf(graph, node.analyzer, "range");
  const share =
    min < max
      ? `toFloat32(toFloat32(${x} - ${float(min)}) / ${float(Math.fround(max - min))})`
      : `toFloat32(1 / (1 + exp(-toFloat64(${x}))))`;
  return `toFloat32(toFloat32(${share} * ${float(Math.fround(node.max - node.min))}) + ${float(node.min)})`;
}

function bucket(boundaries: readonly number[], x: string): string {
  // Each converted by itself: cast as one literal, [-1.5, 6795781, 7982063575629824] loses its last number.
  const list = boundaries.length === 0 ? "CAST([], 'Array(Float32)')" : `[${boundaries.map(float).join(", ")}]`;
  const below = `arrayCount(b -> b <= ${x}, ${list})`;
  return `multiIf(isNull(${x}), NULL, isNaN(${x}), toInt64(${boundaries.length}), toInt64(${below}))`;
}

function lookup(graph: AnalyzedGraph, node: LookupNode, x: string, values: string): string {
  const size = resultOf(graph, node.analyzer, "vocabulary").values.length;
  const text = `ifNull(${x}, '')`;
  const unseen =
    node.oovBuckets > 0
      ? `toInt64(${size} + farmFingerprint64(${text}) % ${node.oovBuckets})`
      : `toInt64(${node.defaultIndex})`;
  return `transform(${text}, ${values}, CAST(range(${size}), 'Array(Int64)'), ${unseen})`;
}

function floats(graph: AnalyzedGraph, index: number): string {
  const column = nodeColumn(index);
  return widthOf(graph, index) === undefined ? `[ifNull(${column}, toFloat32(0))]` : column;
}

/** A float32 value as SQL; its shortest text as a double is exact. */
function float(value: number): string {
  return `toFloat32(${Number.isFinite(value) ? value : literal(String(value))})`;
}
