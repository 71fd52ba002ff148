import type { TracedGraph } from "./graph.ts";
import { analyzerOf, nodeAt } from "./graph.ts";

const depthsOf = new WeakMap<TracedGraph, readonly number[]>();

/** Operations between a node and the columns it comes from: 0 for a column or constant. */
export function depthOf(graph: TracedGraph, index: number): number {
  return depths(graph)[index] ?? 0;
}

function depths(graph: TracedGraph): readonly number[] {
  const known = depthsOf.get(graph);
  if (known !== undefined) return known;
  const found: number[] = [];
  for (const { inputs } of graph.nodes) {
    found.push(inputs.reduce((deepest, input) => Math.max(deepest, (found[input] ?? 0) + 1), 0));
  }
  depthsOf.set(graph, found);
  return found;
}

/** The nodes that some nodes are computed from, themselves included, ascending. */
export function ancestors(graph: TracedGraph, of: readonly number[]): number[] {
  const needed = new Set<number>();
  const open = [...of];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (needed.has(index)) continue;
    needed.add(index);
    open.push(...nodeAt(graph, index).inputs);
  }
  return [...needed].sort((a, b) => a - b);
}

/** Analyzers that need the answer of others wait for a later phase: the indexes of each phase's analyzers. */
export function analyzerPhases(graph: TracedGraph): number[][] {
  const phaseOf: number[] = [];
  const phases: number[][] = [];
  const nodePhase: number[] = [];
  for (const node of graph.nodes) {
    const below = node.inputs.reduce((latest, input) => Math.max(latest, nodePhase[input] ?? 0), 0);
    const analyzer = analyzerOf(node);
    if (analyzer !== undefined && phaseOf[analyzer] === undefined) {
      phaseOf[analyzer] = below;
      (phases[below] ??= []).push(analyzer);
    }
    nodePhase.push(analyzer === undefined ? below : below + 1);
  }
  return phases.map((analyzers) => analyzers.sort((a, b) => a - b));
}
