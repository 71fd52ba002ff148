/**
 * The graph of a `preprocessing` function: a small closed set of operations over one row, and the analyzers that need a
 * full pass over the data. It is plain data, so that SQL, in-process evaluation and TensorFlow can be compiled from it.
 *
 * Nodes are in topological order and name their inputs by index. Arithmetic is float32, rounded after each operation,
 * as TensorFlow does it. A value may be missing; missing passes through every operation but `fill`, `lookup`, `hash`
 * and `oneHot`.
 */

/** Kind of a value, as tf.Example has them: float32, int64, bytes (text in UTF-8). */
export type ValueKind = "float" | "int" | "string";

/** Operations with one input that is a single value. */
interface Unary {
  readonly inputs: readonly [number];
}

/** Operations with two inputs that are single floats. */
interface Binary {
  readonly inputs: readonly [number, number];
}

/** Operations that apply what an analyzer found. */
interface Analyzed extends Unary {
  /** Index among the graph's analyzers. */
  readonly analyzer: number;
}

/** A raw column. */
export interface InputNode {
  readonly op: "input";
  readonly inputs: readonly [];
  readonly column: string;
  readonly kind: ValueKind;
}

/** A float. */
export interface ConstantNode {
  readonly op: "constant";
  readonly inputs: readonly [];
  readonly value: number;
}

/** Another value where one is missing. */
export interface FillNode extends Unary {
  readonly op: "fill";
  readonly value: number | string;
}

/** int → float, float → int (toward zero; missing if NaN or beyond 2^53), int → string (decimal). */
export interface CastNode extends Unary {
  readonly op: "cast";
  readonly to: ValueKind;
}

/** log(1 + x). */
export interface Log1pNode extends Unary {
  readonly op: "log1p";
}

/** Values below `min` become `min`, above `max` become `max`; NaN stays. */
export interface ClipNode extends Unary {
  readonly op: "clip";
  readonly min: number | null;
  readonly max: number | null;
}

/** Arithmetic on two floats. */
export interface ArithmeticNode extends Binary {
  readonly op: "add" | "subtract" | "multiply" | "divide";
}

/** (x - mean) / sqrt(variance), or x - mean where the variance is 0. */
export interface ZScoreNode extends Analyzed {
  readonly op: "zScore";
}

/** x from the analyzed range to [min, max]; by a sigmoid where the range is one value. */
export interface MinMaxNode extends Analyzed {
  readonly op: "minMax";
  readonly min: number;
  readonly max: number;
}

/** How many of the analyzed boundaries are at or below x; NaN is in the last bucket. */
export interface BucketNode extends Analyzed {
  readonly op: "bucket";
}

/** Index in the analyzed vocabulary; else one of the out-of-vocabulary buckets behind it; else `defaultIndex`. */
export interface LookupNode extends Analyzed {
  readonly op: "lookup";
  readonly defaultIndex: number;
  readonly oovBuckets: number;
}

/** FarmHash Fingerprint64 of the text, modulo `buckets`. */
export interface HashNode extends Unary {
  readonly op: "hash";
  readonly buckets: number;
}

/** A vector that is 1 at the index and 0 elsewhere; all 0 where the index is missing or outside. */
export interface OneHotNode extends Unary {
  readonly op: "oneHot";
  /** Null: as many as the input has categories, known after analysis. */
  readonly depth: number | null;
}

/** Floats and vectors, one behind the other; a missing float is 0. */
export interface ConcatenateNode {
  readonly op: "concatenate";
  readonly inputs: readonly number[];
}

/** One operation. */
export type GraphNode =
  | InputNode
  | ConstantNode
  | FillNode
  | CastNode
  | Log1pNode
  | ClipNode
  | ArithmeticNode
  | ZScoreNode
  | MinMaxNode
  | BucketNode
  | LookupNode
  | HashNode
  | OneHotNode
  | ConcatenateNode;

/** A question to all rows. NaN, infinities and missing values are left out, as in TFT. */
export type Analyzer =
  | { readonly type: "moments"; readonly input: number }
  | { readonly type: "range"; readonly input: number }
  | { readonly type: "quantiles"; readonly input: number; readonly buckets: number }
  | {
      readonly type: "vocabulary";
      readonly input: number;
      /** File name of the vocabulary among the assets. */
      readonly asset: string;
      readonly topK: number | null;
      readonly frequencyThreshold: number;
    };

/** An output: a feature of the transformed examples. */
export interface GraphOutput {
  readonly name: string;
  readonly node: number;
}

/** A traced graph, before analysis. */
export interface TracedGraph {
  readonly nodes: readonly GraphNode[];
  readonly analyzers: readonly Analyzer[];
  /** Sorted by name. */
  readonly outputs: readonly GraphOutput[];
}

/** What an analyzer found; floats are float32 values. */
export type AnalyzerResult =
  | { readonly type: "moments"; readonly mean: number; readonly variance: number }
  | { readonly type: "range"; readonly min: number; readonly max: number }
  | { readonly type: "quantiles"; readonly boundaries: readonly number[] }
  | { readonly type: "vocabulary"; readonly values: readonly string[] };

/** The result of one type. */
export type ResultOf<Type extends AnalyzerResult["type"]> = Extract<AnalyzerResult, { readonly type: Type }>;

/** A graph whose analyzers are answered, all or those of the first phases. */
export interface AnalyzedGraph extends TracedGraph {
  /** By index of the analyzer. */
  readonly results: readonly (AnalyzerResult | undefined)[];
}

/**
 * The answer that a node needs.
 * @throws {TypeError} it isn't there yet, or is of another type: a defect of the caller.
 */
export function resultOf<Type extends AnalyzerResult["type"]>(
  graph: AnalyzedGraph,
  analyzer: number,
  type: Type,
): ResultOf<Type> {
  const result = graph.results[analyzer];
  if (result?.type !== type) {
    throw new TypeError(`Cannot use analyzer ${analyzer} as its result must be ${type}: it is ${result?.type}`);
  }
  return result as ResultOf<Type>;
}

/** The node at an index. @throws {TypeError} there is none: a defect of the caller. */
export function nodeAt(graph: TracedGraph, index: number): GraphNode {
  const node = graph.nodes[index];
  if (node === undefined) throw new TypeError(`Cannot read node ${index}: the graph has ${graph.nodes.length}`);
  return node;
}

/** The analyzer that a node applies, if it applies one. */
export function analyzerOf(node: GraphNode): number | undefined {
  return "analyzer" in node ? node.analyzer : undefined;
}
