import { join } from "node:path";
import type { Engine, Examples } from "../../engine/mod.ts";
import { Terminal } from "../../model/mod.ts";
import type { AnalyzedGraph } from "../graph.ts";
import { assetsDirectory, writeGraph } from "../graph-file.ts";
import type { SandboxedPreprocessing } from "../trace-preprocessing.ts";
import { tracePreprocessing } from "../trace-preprocessing.ts";
import type { TransformGraph } from "../transform-graph.ts";
import { transformGraph } from "../transform-graph.ts";
import { analyze } from "./analysis.ts";
import { materialize } from "./materialization.ts";
import { rawColumns } from "./raw-columns.ts";
import { writeTransformedSchema } from "./transformed-schema.ts";

/** What Transform reads, calls and writes. */
export interface TransformRequest {
  readonly engine: Engine;
  readonly examples: Examples;
  /** Directory of the Schema artifact. */
  readonly schemaPath: string;
  readonly preprocessing: SandboxedPreprocessing;
  /** Splits that analyzers see. */
  readonly analyze: readonly string[];
  /** Directory of the TransformGraph artifact to write. */
  readonly graphPath: string;
  /** Directory of the Examples artifact to write. */
  readonly examplesPath: string;
  readonly signal: AbortSignal;
  /** @param fraction Done so far, 0 to 1. */
  progress(fraction: number, message: string): void;
}

/** What Transform made. */
export interface TransformedExamples {
  readonly graph: TransformGraph;
  /** Rows by split, in the splits' order. */
  readonly rows: ReadonlyMap<string, number>;
}

/**
 * Traces `preprocessing`, analyzes some splits and transforms all of them.
 * @throws {Terminal} `no-such-split`; `empty-split`; `schema-mismatch`; `all-missing`, `analysis-overflow` and
 * `vocabulary-too-large` naming the column; what `tracePreprocessing` throws.
 */
export async function transformExamples(request: TransformRequest): Promise<TransformedExamples> {
  const { engine, examples, schemaPath, graphPath, signal } = request;
  const tables = await analyzedTables(request);
  const columns = rawColumns(examples.columns, schemaPath);
  const traced = await tracePreprocessing(request.preprocessing, columns);
  request.progress(0.1, `traced ${traced.outputs.length} outputs`);
  signal.throwIfAborted();
  const analyzed = await analyze(engine, traced, tables, join(graphPath, assetsDirectory));
  request.progress(0.5, `analyzed ${request.analyze.join(", ")}`);
  const graph = writeTransformGraph(graphPath, analyzed);
  return { graph, rows: await materializeSplits(request, analyzed) };
}

async function analyzedTables({ examples, analyze: splits }: TransformRequest): Promise<string[]> {
  if (splits.length === 0) throw emptySplit("analyze", "name at least one split: it names none");
  const tables = splits.map((split) => examples.table(split));
  for (const split of splits) {
    if ((await examples.rows(split)) === 0) throw emptySplit(split, "have rows: it has none");
  }
  return tables;
}

function writeTransformGraph(path: string, analyzed: AnalyzedGraph): TransformGraph {
  const graph = transformGraph(analyzed);
  writeGraph(path, graph);
  writeTransformedSchema(path, graph);
  return graph;
}

async function materializeSplits(request: TransformRequest, graph: AnalyzedGraph): Promise<Map<string, number>> {
  const { engine, examples, graphPath, examplesPath, signal } = request;
  const assets = join(graphPath, assetsDirectory);
  const rows = new Map<string, number>();
  for (const [index, split] of examples.splits.entries()) {
    signal.throwIfAborted();
    rows.set(split, await materialize(engine, graph, examples, split, assets, examplesPath));
    request.progress(0.5 + (0.5 * (index + 1)) / examples.splits.length, `transformed ${split}`);
  }
  return rows;
}

function emptySplit(field: string, requirement: string): Terminal {
  return new Terminal("empty-split", `Cannot analyze "${field}" as it must ${requirement}`, { field });
}
