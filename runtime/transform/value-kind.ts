import type { TracedGraph, ValueKind } from "./graph.ts";
import { nodeAt } from "./graph.ts";

/** Kind of a node's values; a vector's are floats. */
export function kindOf(graph: TracedGraph, index: number): ValueKind {
  const node = nodeAt(graph, index);
  switch (node.op) {
    case "input":
      return node.kind;
    case "cast":
      return node.to;
    case "fill":
      return kindOf(graph, node.inputs[0]);
    case "bucket":
    case "lookup":
    case "hash":
      return "int";
    default:
      return "float";
  }
}
