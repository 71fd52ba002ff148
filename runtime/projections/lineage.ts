import type { Artifact, InputArtifact, OutputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { RunFold } from "./run.ts";

/** What was made of what. Executions and artifacts alternate along its edges. */
export interface Lineage {
  readonly artifacts: readonly {
    readonly id: string;
    readonly digest: string;
    readonly type: string;
    readonly uri: string;
  }[];
  readonly executions: readonly {
    readonly id: string;
    readonly run: string;
    readonly node: string;
    readonly attempt: number;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly name: string }[];
}

/**
 * The lineage of runs: artifact → execution → artifact. A reused outcome's edges come from the execution that did the
 * work, named in the run that did it. Pure.
 * Source: ML Metadata's Event model (INPUT / OUTPUT).
 */
export function lineageOf(folds: Iterable<RunFold>, uriOf: (digest: string) => string): Lineage {
  const graph = new Graph(uriOf);
  for (const fold of folds) {
    if (fold.started?.body.dataset) graph.artifact(fold.started.body.dataset);
    for (const [node, { journal, lastClaim }] of fold.nodes) {
      const { completed } = journal;
      if (completed === undefined) continue;
      const { run, node: worker } = completed.reused ?? { run: fold.run, node };
      const inputs = completed.reused ? completed.inputs : (lastClaim?.body.inputs ?? []);
      graph.execution(run, worker, lastClaim?.body.attempt ?? 1, inputs, completed.outputs);
    }
  }
  return graph.finish();
}

/**
 * The part of a lineage that an artifact came from and went into, walked both ways.
 * @param digest Digest of the artifact, or a prefix of it.
 */
export function lineageAround(lineage: Lineage, digest: string): Lineage {
  const seeds = lineage.artifacts.filter(
    (artifact) => artifact.digest.startsWith(digest) || artifact.digest.slice(7).startsWith(digest),
  );
  const kept = new Set(seeds.map(({ id }) => id));
  walk(lineage, [...kept], kept, ({ from, to }) => [to, from]);
  walk(
    lineage,
    seeds.map(({ id }) => id),
    kept,
    ({ from, to }) => [from, to],
  );
  return {
    artifacts: lineage.artifacts.filter(({ id }) => kept.has(id)),
    executions: lineage.executions.filter(({ id }) => kept.has(id)),
    edges: lineage.edges.filter(({ from, to }) => kept.has(from) && kept.has(to)),
  };
}

type Edge = Lineage["edges"][number];

function walk(
  lineage: Lineage,
  seeds: readonly string[],
  kept: Set<string>,
  ends: (edge: Edge) => readonly [string, string],
): void {
  const reached = new Set(seeds);
  const queue = [...seeds];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const edge of lineage.edges) {
      const [from, to] = ends(edge);
      if (from !== at || reached.has(to)) continue;
      reached.add(to);
      kept.add(to);
      queue.push(to);
    }
  }
}

class Graph {
  readonly #uriOf: (digest: string) => string;
  readonly #artifacts = new Map<string, Lineage["artifacts"][number]>();
  readonly #executions = new Map<string, Lineage["executions"][number]>();
  readonly #edges = new Map<string, Edge>();

  constructor(uriOf: (digest: string) => string) {
    this.#uriOf = uriOf;
  }

  artifact({ digest, type }: Artifact): string {
    const id = `${type}/${digest.slice(7)}`;
    if (!this.#artifacts.has(id)) this.#artifacts.set(id, { id, digest, type, uri: this.#uriOf(digest) });
    return id;
  }

  execution(
    run: string,
    node: string,
    attempt: number,
    inputs: readonly InputArtifact[],
    outputs: readonly OutputArtifact[],
  ): void {
    const id = `${run}/${node}`;
    if (!this.#executions.has(id)) this.#executions.set(id, { id, run, node, attempt });
    for (const { name, artifact } of inputs) if (artifact) this.#edge(this.artifact(artifact), id, name);
    for (const { name, artifact } of outputs) if (artifact) this.#edge(id, this.artifact(artifact), name);
  }

  finish(): Lineage {
    return {
      artifacts: [...this.#artifacts.values()],
      executions: [...this.#executions.values()],
      edges: [...this.#edges.values()],
    };
  }

  #edge(from: string, to: string, name: string): void {
    this.#edges.set(`${from} ${to} ${name}`, { from, to, name });
  }
}
