import type { Engine, Examples } from "../../engine/mod.ts";
import { writeSplit } from "../../engine/mod.ts";
import type { AnalyzedGraph } from "../graph.ts";
import { materialization } from "../sql/materialization.ts";
import { vocabularyAssets } from "./vocabulary-asset.ts";

/**
 * Writes the transformed rows of a split, in the order of the raw ones, as Parquet.
 *
 * @param assets Directory of the graph's vocabulary files.
 * @param outputPath Directory of the Examples artifact to write to.
 * @returns Number of rows.
 */
export async function materialize(
  engine: Engine,
  graph: AnalyzedGraph,
  examples: Examples,
  split: string,
  assets: string,
  outputPath: string,
): Promise<number> {
  const { sql } = vocabularyAssets(engine, graph, assets);
  return writeSplit(engine, outputPath, split, materialization(graph, examples.table(split), sql));
}
