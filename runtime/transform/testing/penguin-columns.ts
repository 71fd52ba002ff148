import type { RawColumn } from "../column.ts";
import type { Preprocessing } from "../feature.ts";
import type { AnalyzedGraph, AnalyzerResult, TracedGraph } from "../graph.ts";
import { trace } from "../trace.ts";

/** A row of a small data set for tests. */
export interface PenguinRow {
  readonly mass: number;
  readonly age: number;
  readonly island: string;
  readonly species: string;
}

/** Its columns; `mass` is a float, `age` an integer. */
export const penguinColumns: readonly RawColumn[] = [
  { name: "mass", kind: "float" },
  { name: "age", kind: "int" },
  { name: "island", kind: "string" },
  { name: "species", kind: "string" },
  { name: "colours", kind: "string", repeated: true },
];

/** The graph of a function over those columns. */
export function graphOf(preprocessing: Preprocessing<PenguinRow>): TracedGraph {
  const outcome = trace(penguinColumns, preprocessing);
  if ("graph" in outcome) return outcome.graph;
  throw new Error(outcome.problem.message);
}

/** A graph with answers given instead of analyzed. */
export function answered(preprocessing: Preprocessing<PenguinRow>, results: readonly AnalyzerResult[]): AnalyzedGraph {
  return { ...graphOf(preprocessing), results };
}
