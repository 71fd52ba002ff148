import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, Terminal } from "../model/mod.ts";
import type { AnalyzedGraph, AnalyzerResult, TracedGraph } from "./graph.ts";
import type { TransformGraph } from "./transform-graph.ts";
import { transformGraph } from "./transform-graph.ts";
import { vocabularyValues } from "./vocabulary-text.ts";

/** The graph with its numbers, in a TransformGraph artifact. */
export const graphFileName = "transform_graph.json";

/** Directory of the vocabulary files in a TransformGraph artifact. */
export const assetsDirectory = join("transform_fn", "assets");

const format = "millrace.transform-graph.v1";

type StoredResult =
  | Exclude<AnalyzerResult, { type: "vocabulary" }>
  | { readonly type: "vocabulary"; readonly size: number };

interface StoredGraph extends TracedGraph {
  readonly format: string;
  readonly results: readonly StoredResult[];
}

/** Writes `transform_graph.json`; vocabularies are in the assets, which analysis has written. */
export function writeGraph(path: string, graph: AnalyzedGraph): void {
  const { nodes, analyzers, outputs } = graph;
  const results = graph.results.map((result) =>
    result?.type === "vocabulary" ? { type: result.type, size: result.values.length } : result,
  );
  const stored = { format, nodes, analyzers, outputs: outputs.map(({ name, node }) => ({ name, node })), results };
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, graphFileName), `${canonicalJson(stored)}\n`);
}

/**
 * Reads a TransformGraph artifact.
 * @param path Its directory, or that of a model which holds a copy of it.
 * @throws {Terminal} `not-a-transform-graph` naming the file.
 */
export function loadTransformGraph(path: string): TransformGraph {
  const stored = readStored(join(path, graphFileName));
  const results = stored.results.map((result, index): AnalyzerResult => {
    const analyzer = stored.analyzers[index];
    if (result.type !== "vocabulary") return result;
    if (analyzer?.type !== "vocabulary") throw notAGraph(join(path, graphFileName), `result ${index} has no analyzer`);
    return { type: "vocabulary", values: readVocabulary(join(path, assetsDirectory, analyzer.asset), result.size) };
  });
  return transformGraph({ ...stored, results });
}

function readStored(file: string): StoredGraph {
  const stored = parse(file, readText(file));
  if (stored.format !== format) throw notAGraph(file, `its format must be ${format}: it is ${stored.format}`);
  return stored;
}

function parse(file: string, text: string): StoredGraph {
  try {
    return (JSON.parse(text) ?? {}) as StoredGraph;
  } catch (cause) {
    throw notAGraph(file, "it must be JSON", cause);
  }
}

function readVocabulary(file: string, size: number): string[] {
  const values = vocabularyValues(readText(file));
  if (values.length !== size) throw notAGraph(file, `it must have ${size} lines: it has ${values.length}`);
  return values;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw notAGraph(file, "it must be there and readable", cause);
  }
}

function notAGraph(file: string, reason: string, cause?: unknown): Terminal {
  return new Terminal("not-a-transform-graph", `Cannot read ${file} as part of a transform graph: ${reason}`, {
    file,
    ...(cause === undefined ? {} : { cause }),
  });
}
