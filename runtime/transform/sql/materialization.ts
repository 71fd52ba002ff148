import { identifier } from "../../engine/mod.ts";
import type { AnalyzedGraph, GraphOutput } from "../graph.ts";
import { kindOf } from "../value-kind.ts";
import { widthOf } from "../width.ts";
import type { VocabularySql } from "./expression.ts";
import { nodeColumn } from "./expression.ts";
import { stagedQuery } from "./staged-query.ts";

/**
 * The SELECT that gives a table's transformed rows in the table's order: floats as Nullable(Float32), indexes as
 * Nullable(Int64), texts as Nullable(String), vectors as Array(Float32). Nothing is missing: 0 or "" takes its place.
 */
export function materialization(graph: AnalyzedGraph, table: string, vocabulary: VocabularySql): string {
  const nodes = graph.outputs.map(({ node }) => node);
  const columns = graph.outputs.map((output) => `${outputColumn(graph, output)} AS ${identifier(output.name)}`);
  return `SELECT ${columns.join(", ")} FROM (${stagedQuery(graph, nodes, [table], vocabulary)})`;
}

function outputColumn(graph: AnalyzedGraph, { node }: GraphOutput): string {
  const column = nodeColumn(node);
  if (widthOf(graph, node) !== undefined) return `CAST(${column}, 'Array(Float32)')`;
  switch (kindOf(graph, node)) {
    case "float":
      return `CAST(ifNull(${column}, 0), 'Nullable(Float32)')`;
    case "int":
      return `CAST(least(greatest(ifNull(${column}, 0), -2147483648), 2147483647), 'Nullable(Int64)')`;
    case "string":
      return `CAST(ifNull(${column}, ''), 'Nullable(String)')`;
  }
}
