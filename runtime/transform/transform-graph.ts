import type { RawColumn } from "./column.ts";
import type { AnalyzedGraph, GraphOutput, ValueKind } from "./graph.ts";
import { nodeAt, resultOf } from "./graph.ts";
import { ancestors } from "./graph-order.ts";
import { kindOf } from "./value-kind.ts";
import { categoriesOf, widthOf } from "./width.ts";

/** An output: a feature of transformed examples. */
export interface TransformOutput extends GraphOutput {
  readonly kind: ValueKind;
  /** Of one row: [] for a single value, [n] for a vector. */
  readonly shape: readonly number[];
  /** Texts by index, of a vocabulary or its one-hot; out-of-vocabulary buckets follow without a text. */
  readonly vocabulary?: readonly string[];
  /** How many indexes there are, of a vocabulary with its buckets, buckets or hash buckets, or a one-hot of them. */
  readonly categories?: number;
  /** Length of the vector, if it is a one-hot. */
  readonly oneHotDepth?: number;
}

/** An analyzed graph, ready to be applied. */
export interface TransformGraph extends AnalyzedGraph {
  /** Raw columns it reads, sorted by name. */
  readonly inputs: readonly RawColumn[];
  /** Sorted by name. */
  readonly outputs: readonly TransformOutput[];
  /** Indexes by text, of a vocabulary's analyzer. */
  indexes(analyzer: number): ReadonlyMap<string, number>;
}

/** Makes an analyzed graph ready. */
export function transformGraph(analyzed: AnalyzedGraph): TransformGraph {
  const { nodes, analyzers, results } = analyzed;
  const indexesOf = new Map<number, ReadonlyMap<string, number>>();
  const indexes = (analyzer: number) => {
    const known = indexesOf.get(analyzer) ?? indexTexts(resultOf(analyzed, analyzer, "vocabulary").values);
    indexesOf.set(analyzer, known);
    return known;
  };
  const outputs = analyzed.outputs.map((output) => describeOutput(analyzed, output));
  return { nodes, analyzers, results, inputs: rawColumns(analyzed), outputs, indexes };
}

/**
 * The raw columns that some outputs are computed from, sorted by name: what a model server must be sent.
 * @param only Names of outputs; others are passed over.
 */
export function inputsOf(graph: TransformGraph, only: readonly string[]): readonly RawColumn[] {
  return rawColumns({ ...graph, outputs: graph.outputs.filter(({ name }) => only.includes(name)) });
}

function rawColumns(graph: AnalyzedGraph): RawColumn[] {
  const needed = ancestors(
    graph,
    graph.outputs.map(({ node }) => node),
  );
  const columns = needed.flatMap((index) => {
    const node = nodeAt(graph, index);
    return node.op === "input" ? [{ name: node.column, kind: node.kind }] : [];
  });
  return columns.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describeOutput(graph: AnalyzedGraph, { name, node }: GraphOutput): TransformOutput {
  const width = widthOf(graph, node);
  const shown = nodeAt(graph, node);
  const index = shown.op === "oneHot" ? shown.inputs[0] : node;
  const categories = categoriesOf(graph, index);
  return {
    name,
    node,
    kind: kindOf(graph, node),
    shape: width === undefined ? [] : [width],
    ...vocabularyOf(graph, index),
    ...(categories === undefined ? {} : { categories }),
    ...(shown.op === "oneHot" && width !== undefined ? { oneHotDepth: width } : {}),
  };
}

function vocabularyOf(graph: AnalyzedGraph, index: number): { readonly vocabulary?: readonly string[] } {
  const node = nodeAt(graph, index);
  return node.op === "lookup" ? { vocabulary: resultOf(graph, node.analyzer, "vocabulary").values } : {};
}

function indexTexts(values: readonly string[]): ReadonlyMap<string, number> {
  return new Map(values.map((value, index) => [value, index]));
}
