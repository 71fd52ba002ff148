import type { Engine } from "../../engine/mod.ts";
import type { AnalyzedGraph, AnalyzerResult, TracedGraph } from "../graph.ts";
import { nodeAt } from "../graph.ts";
import { analyzerPhases, ancestors } from "../graph-order.ts";
import type { Asked, VocabularyRow } from "../sql/analysis.ts";
import { isVocabulary, numericAnalysis, numericResult, vocabularyAnalysis, vocabularyResult } from "../sql/analysis.ts";
import { vocabularyAssets } from "./vocabulary-asset.ts";

/**
 * Answers a graph's analyzers over all rows: two passes a phase at most, one for numbers and one for vocabularies.
 * A further phase is needed only where an analyzer works on what another one's answer makes.
 *
 * @param tables SQL table expressions of the rows, read one behind the other.
 * @param assets Directory for vocabulary files; they are written as soon as they are known, since later phases look
 * values up in them.
 * @throws {Terminal} `all-missing`, `vocabulary-too-large`, naming the column.
 */
export async function analyze(
  engine: Engine,
  graph: TracedGraph,
  tables: readonly string[],
  assets: string,
): Promise<AnalyzedGraph> {
  const results: AnalyzerResult[] = [];
  const analyzed: AnalyzedGraph = { ...graph, results };
  const files = vocabularyAssets(engine, analyzed, assets);
  const pass = { engine, graph: analyzed, tables, vocabulary: files.sql };
  for (const phase of analyzerPhases(graph)) {
    const asked = phase.flatMap((index): Asked[] => {
      const analyzer = graph.analyzers[index];
      return analyzer === undefined ? [] : [{ index, analyzer }];
    });
    const answers = [...(await askNumbers(pass, asked)), ...(await askVocabularies(pass, asked))];
    for (const [index, result] of answers) {
      results[index] = result;
      files.write(index);
    }
  }
  return analyzed;
}

interface Pass {
  readonly engine: Engine;
  readonly graph: AnalyzedGraph;
  readonly tables: readonly string[];
  readonly vocabulary: (analyzer: number) => string;
}

type Answer = readonly [index: number, result: AnalyzerResult];

async function askNumbers({ engine, graph, tables, vocabulary }: Pass, asked: readonly Asked[]): Promise<Answer[]> {
  const numeric = asked.filter((one) => !isVocabulary(one));
  if (numeric.length === 0) return [];
  const sql = numericAnalysis(graph, numeric, tables, vocabulary);
  const [row = {}] = await engine.query<Record<string, string[]>>(sql);
  return numeric.map((one) => [
    one.index,
    numericResult(one, row[`a${one.index}`] ?? [], columnsBelow(graph, one.analyzer.input)),
  ]);
}

async function askVocabularies(
  { engine, graph, tables, vocabulary }: Pass,
  asked: readonly Asked[],
): Promise<Answer[]> {
  const vocabularies = asked.filter(isVocabulary);
  if (vocabularies.length === 0) return [];
  const rows = await engine.query<VocabularyRow>(vocabularyAnalysis(graph, vocabularies, tables, vocabulary));
  const byPlace = Map.groupBy(rows, ({ place }) => place);
  return vocabularies.map((one, position) => {
    const values = (byPlace.get(position + 1) ?? []).map(({ value }) => value);
    return [one.index, vocabularyResult(one, values, columnsBelow(graph, one.analyzer.input))];
  });
}

/** Names of the columns that a node comes from, for messages. */
function columnsBelow(graph: TracedGraph, index: number): string[] {
  return ancestors(graph, [index]).flatMap((ancestor) => {
    const node = nodeAt(graph, ancestor);
    return node.op === "input" ? [node.column] : [];
  });
}
