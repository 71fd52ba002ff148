import type { RawColumn } from "./column.ts";
import { canonicalGraph } from "./canonical-graph.ts";
import type { AnyFeature } from "./feature.ts";
import { isFeature, scalar } from "./feature.ts";
import { depthOf } from "./graph-order.ts";
import type { TracedGraph } from "./graph.ts";

/** What was wrong with what `preprocessing` returned. */
export interface TraceProblem {
  readonly code: "no-outputs" | "not-an-operation" | "output-name-invalid" | "too-deep";
  readonly message: string;
  /** Output at fault. */
  readonly field?: string;
}

/** A graph, or why there is none. */
export type TraceOutcome = { readonly graph: TracedGraph } | { readonly problem: TraceProblem };

/** Most outputs that one graph may have. */
const outputsMax = 10_000;

/** Most operations on the way from a column to an output: each is one level of nested SQL, which the engine bounds. */
export const depthMax = 64;

const outputName = /^[\p{L}\p{N}_][\p{L}\p{N}_.: -]{0,199}$/u;

/**
 * Calls `preprocessing` once with a handle for each column and lays out what it returns as a graph.
 * What the function itself throws passes through, so that its stack stays whole.
 */
export function trace(columns: readonly RawColumn[], preprocessing: unknown): TraceOutcome {
  if (typeof preprocessing !== "function") {
    return problem("not-an-operation", `preprocessing must be a function: it is ${typeName(preprocessing)}`);
  }
  const returned: unknown = preprocessing(columnHandles(columns));
  const found = findProblem(returned);
  if (found !== undefined) return found;
  const graph = canonicalGraph(returned as Record<string, AnyFeature>);
  const deep = graph.outputs.find(({ node }) => depthOf(graph, node) > depthMax);
  if (deep === undefined) return { graph };
  return problem("too-deep", `Output "${deep.name}" must be at most ${depthMax} operations from a column`, deep.name);
}

/** Handles by column; reading a column that has none throws in the author's line. */
function columnHandles(columns: readonly RawColumn[]): object {
  const single = columns.filter(({ repeated }) => repeated !== true);
  const handles = new Map(
    single.map(({ name, kind }) => [name, scalar(kind, { op: "input", column: name, kind })] as const),
  );
  return new Proxy(Object.freeze(Object.fromEntries(handles)), {
    get: function read(_target, property) {
      if (typeof property === "symbol") return undefined;
      const handle = handles.get(property);
      if (handle !== undefined) return handle;
      const error = new ReferenceError(`Cannot read column "${property}": ${unreadable(property, columns)}`);
      Error.captureStackTrace(error, read);
      throw error;
    },
  });
}

function unreadable(column: string, columns: readonly RawColumn[]): string {
  if (columns.some(({ name }) => name === column)) return "it must have one value a row: it has lists";
  return `examples and schema must have it: they have ${listOf(columns.map(({ name }) => name))}`;
}

function findProblem(returned: unknown): TraceOutcome | undefined {
  if (typeof returned !== "object" || returned === null || Array.isArray(returned) || isFeature(returned)) {
    return problem("no-outputs", `preprocessing must return an object of outputs: it returned ${typeName(returned)}`);
  }
  if (returned instanceof Promise) {
    return problem("no-outputs", "preprocessing must return its outputs at once: it returned a promise; drop async");
  }
  const outputs = Object.entries(returned);
  if (outputs.length === 0 || outputs.length > outputsMax) {
    return problem("no-outputs", `preprocessing must return 1 to ${outputsMax} outputs: it returned ${outputs.length}`);
  }
  for (const [name, value] of outputs) {
    const found = findOutputProblem(name, value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findOutputProblem(name: string, value: unknown): TraceOutcome | undefined {
  if (!outputName.test(name)) {
    const rule = 'letters, digits, "_", ".", ":", "-" and spaces (200 at most), a letter, digit or "_" first';
    return problem("output-name-invalid", `Output "${name}" must be named with ${rule}`, name);
  }
  if (!isFeature(value)) {
    const required = "a column or what an operation returned";
    return problem("not-an-operation", `Output "${name}" must be ${required}: it is ${typeName(value)}`, name);
  }
  return undefined;
}

function problem(code: TraceProblem["code"], message: string, field?: string): TraceOutcome {
  return { problem: { code, message, ...(field === undefined ? {} : { field }) } };
}

function typeName(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (isFeature(value)) return "a single feature";
  return `a ${typeof value}`;
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
