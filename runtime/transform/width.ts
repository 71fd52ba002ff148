import type { AnalyzedGraph } from "./graph.ts";
import { nodeAt, resultOf } from "./graph.ts";

/**
 * How many categories an index node has: its values are 0 to one less, or unseen.
 * @returns undefined for a node that is no index into categories.
 */
export function categoriesOf(graph: AnalyzedGraph, index: number): number | undefined {
  const node = nodeAt(graph, index);
  switch (node.op) {
    case "lookup":
      return resultOf(graph, node.analyzer, "vocabulary").values.length + node.oovBuckets;
    case "bucket":
      return resultOf(graph, node.analyzer, "quantiles").boundaries.length + 1;
    case "hash":
      return node.buckets;
    default:
      return undefined;
  }
}

/**
 * Floats a row that a node gives, if it is a vector.
 * @throws {TypeError} a one-hot of something without categories and without a depth, which tracing refuses.
 */
export function widthOf(graph: AnalyzedGraph, index: number): number | undefined {
  const node = nodeAt(graph, index);
  if (node.op === "concatenate") return node.inputs.reduce((sum, input) => sum + (widthOf(graph, input) ?? 1), 0);
  if (node.op !== "oneHot") return undefined;
  const depth = node.depth ?? categoriesOf(graph, node.inputs[0]);
  if (depth === undefined) throw new TypeError(`Cannot tell the depth of one-hot node ${index}`);
  return depth;
}
