import { canonicalJson } from "../model/mod.ts";
import type { AnalyzerRequest, AnyFeature } from "./feature.ts";
import type { Analyzer, GraphNode, GraphOutput, TracedGraph } from "./graph.ts";

/**
 * Lays out handles as a graph: outputs sorted by name, nodes in the order in which a walk from the outputs finishes
 * them, equal nodes and equal analyzers once. So the bytes depend on what is computed, not on how it was written.
 */
export function canonicalGraph(features: Readonly<Record<string, AnyFeature>>): TracedGraph {
  const layout = new Layout();
  const names = Object.keys(features).sort((a, b) => (a < b ? -1 : 1));
  const outputs: GraphOutput[] = [];
  for (const name of names) {
    const feature = features[name];
    if (feature !== undefined) outputs.push({ name, node: layout.place(feature) });
  }
  return { nodes: layout.nodes, analyzers: layout.analyzers, outputs };
}

class Layout {
  readonly nodes: GraphNode[] = [];
  readonly analyzers: Analyzer[] = [];
  readonly #placed = new Map<AnyFeature, number>();
  readonly #nodeByContent = new Map<string, number>();
  readonly #analyzerByContent = new Map<string, number>();
  readonly #assets = new Set<string>();

  place(feature: AnyFeature): number {
    const known = this.#placed.get(feature);
    if (known !== undefined) return known;
    const inputs = feature.inputs.map((input) => this.place(input));
    const analyzer = feature.analyzer === null ? {} : { analyzer: this.#placeAnalyzer(feature.analyzer, inputs) };
    const node = { ...feature.operation, inputs, ...analyzer } as unknown as GraphNode;
    const index = indexOf(this.#nodeByContent, this.nodes, node, () => node);
    this.#placed.set(feature, index);
    return index;
  }

  #placeAnalyzer(request: AnalyzerRequest, inputs: readonly number[]): number {
    const content = { ...request, input: inputs[0] } as Analyzer;
    return indexOf(this.#analyzerByContent, this.analyzers, content, () =>
      content.type === "vocabulary" ? { ...content, asset: this.#assetName(content) } : content,
    );
  }

  /** The wished name or the column's, numbered where it is taken: two vocabularies never share a file. */
  #assetName({ asset, input }: Extract<Analyzer, { type: "vocabulary" }>): string {
    const wish =
      asset ??
      this.#columnBelow(input)
        .replaceAll(/[^A-Za-z0-9_.-]/g, "_")
        .replace(/^[.-]/, "_");
    let name = wish;
    for (let number = 1; this.#assets.has(name); number += 1) name = `${wish}_${number}`;
    this.#assets.add(name);
    return name;
  }

  #columnBelow(index: number): string {
    const node = this.nodes[index];
    if (node?.op === "input") return node.column;
    const [first] = node?.inputs ?? [];
    return first === undefined ? "vocabulary" : this.#columnBelow(first);
  }
}

function indexOf<T>(known: Map<string, number>, list: T[], content: T, make: () => T): number {
  const key = canonicalJson(content);
  const found = known.get(key);
  if (found !== undefined) return found;
  known.set(key, list.length);
  list.push(make());
  return list.length - 1;
}
