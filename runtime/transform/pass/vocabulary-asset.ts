import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../engine/mod.ts";
import type { AnalyzedGraph } from "../graph.ts";
import { resultOf } from "../graph.ts";
import type { VocabularySql } from "../sql/expression.ts";
import { vocabularyText } from "../vocabulary-text.ts";

/** A directory of vocabulary files: one value a line, as TFT writes them. */
export interface VocabularyAssets {
  /** Writes the file of an analyzer's vocabulary, if that is what it is. */
  write(analyzer: number): void;
  /** SQL for the values in a file, a constant that the engine reads once a query. */
  readonly sql: VocabularySql;
}

/** The vocabulary files of a graph in a directory, which is made if it isn't there. */
export function vocabularyAssets(engine: Engine, graph: AnalyzedGraph, directory: string): VocabularyAssets {
  const pathOf = (index: number) => {
    const analyzer = graph.analyzers[index];
    return analyzer?.type === "vocabulary" ? join(directory, analyzer.asset) : undefined;
  };
  return {
    write: (index) => {
      const path = pathOf(index);
      if (path === undefined) return;
      mkdirSync(directory, { recursive: true });
      writeFileSync(path, vocabularyText(resultOf(graph, index, "vocabulary").values));
    },
    sql: (index) => {
      const path = pathOf(index);
      if (path === undefined) throw new TypeError(`Cannot look up in analyzer ${index}: it is no vocabulary`);
      const file = engine.fileTable(path, "RawBLOB", "content String");
      return `(SELECT arrayPopBack(splitByChar('\\n', content)) FROM ${file})`;
    },
  };
}
