import type { AnalyzedGraph } from "../graph.ts";
import { ancestors, depthOf } from "../graph-order.ts";
import type { VocabularySql } from "./expression.ts";
import { expression, nodeColumn } from "./expression.ts";

/**
 * A query that gives the columns of some nodes, one nesting a level of depth: an expression names its inputs instead of
 * repeating them, so that its size is that of the graph.
 *
 * @param tables SQL table expressions of the rows, read one behind the other.
 */
export function stagedQuery(
  graph: AnalyzedGraph,
  nodes: readonly number[],
  tables: readonly string[],
  vocabulary: VocabularySql,
): string {
  const levels: number[][] = [];
  for (const index of ancestors(graph, nodes)) (levels[depthOf(graph, index)] ??= []).push(index);
  const [raw = [], ...above] = levels;
  const column = (index: number) => `${expression(graph, index, vocabulary)} AS ${nodeColumn(index)}`;
  const selection = raw.map(column).join(", ");
  const base = tables.map((table) => `SELECT ${selection} FROM ${table}`).join(" UNION ALL ");
  return above.reduce((below, level) => `SELECT *, ${level.map(column).join(", ")} FROM (${below})`, base);
}
