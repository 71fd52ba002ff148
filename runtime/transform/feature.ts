import type { Analyzer, GraphNode, ValueKind } from "./graph.ts";

/**
 * Marks handles. A registered symbol, not a class: user code is bundled with its own copy of this module, so handles
 * of one copy must be known to another.
 */
const featureTag = Symbol.for("millrace.transform.feature");

type OmitEach<T, K extends string> = T extends unknown ? { readonly [P in Exclude<keyof T, K>]: T[P] } : never;

/** An operation without its place in a graph. */
export type Operation = OmitEach<GraphNode, "inputs" | "analyzer">;

/** An analyzer without its place in a graph; `asset` is a wish. */
export type AnalyzerRequest =
  | OmitEach<Exclude<Analyzer, { type: "vocabulary" }>, "input">
  | {
      readonly type: "vocabulary";
      readonly asset: string | null;
      readonly topK: number | null;
      readonly frequencyThreshold: number;
    };

interface Handle {
  readonly operation: Operation;
  readonly inputs: readonly AnyFeature[];
  readonly analyzer: AnalyzerRequest | null;
}

/** A value of each row, by its type in TypeScript. */
export interface Feature<Value extends number | string = number | string> extends Handle {
  readonly kind: [Value] extends [number] ? "int" | "float" : [Value] extends [string] ? "string" : ValueKind;
  readonly rank: 0;
  /** Whether it is an index into categories whose number analysis will know. */
  readonly categorical: boolean;
}

/** An index into a vocabulary, buckets or hash buckets. */
export interface Categorical extends Feature<number> {
  readonly categorical: true;
}

/** Several floats of each row: a one-hot or a concatenation. */
export interface Vector extends Handle {
  readonly kind: "float";
  readonly rank: 1;
  readonly categorical: false;
}

/** Whatever an operation may return. */
export type AnyFeature = Feature | Vector;

type FeatureOf<Value> = [Value] extends [number] ? Feature<number> : [Value] extends [string] ? Feature<string> : never;

/**
 * The raw columns as `preprocessing` receives them, typed by a row: `{ culmen_length_mm: number; island: string }`.
 * Reading a column that isn't there is an error that lists those that are.
 */
export type TransformInputs<Row> = {
  readonly [Column in keyof Row]-?: FeatureOf<NonNullable<Row[Column]>>;
};

/** A `preprocessing` function: raw columns to named outputs. */
export type Preprocessing<Row> = (inputs: TransformInputs<Row>) => Readonly<Record<string, AnyFeature>>;

/** Whether a value is a handle made by any copy of this library. */
export function isFeature(value: unknown): value is AnyFeature {
  return typeof value === "object" && value !== null && featureTag in value;
}

function makeHandle<F extends AnyFeature>(handle: Omit<F, typeof featureTag>): F {
  return Object.freeze({ ...handle, [featureTag]: true }) as unknown as F;
}

/** Makes a handle of one value a row. */
export function scalar<F extends Feature>(
  kind: F["kind"],
  operation: Operation,
  inputs: readonly AnyFeature[] = [],
  options: { readonly analyzer?: AnalyzerRequest; readonly categorical?: boolean } = {},
): F {
  const { analyzer = null, categorical = false } = options;
  return makeHandle({ kind, rank: 0, categorical, operation, inputs, analyzer } as unknown as F);
}

/** Makes a handle of several floats a row. */
export function vector(operation: Operation, inputs: readonly AnyFeature[]): Vector {
  return makeHandle<Vector>({ kind: "float", rank: 1, categorical: false, operation, inputs, analyzer: null });
}

/** What a handle is, for messages: `column "island" (string)`, `zScore of column "age" (float)`. */
export function describe(feature: AnyFeature): string {
  return `${describeOrigin(feature)} (${feature.rank === 1 ? "vector" : feature.kind})`;
}

function describeOrigin({ operation, inputs }: AnyFeature): string {
  if (operation.op === "input") return `column "${operation.column}"`;
  if (operation.op === "constant") return String(operation.value);
  const [first] = inputs;
  if (operation.op === "cast" && first !== undefined) return describeOrigin(first);
  return first === undefined ? operation.op : `${operation.op} of ${describeOrigin(first)}`;
}
