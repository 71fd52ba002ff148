import type { Artifact, InputArtifact, OutputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { Log } from "../log/mod.ts";
import type { ReadAt } from "./read-at.ts";
import type { RunFold } from "./run.ts";
import { foldRunsInTurn } from "./runs-in-turn.ts";

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
  for (const fold of folds) graph.add(fold);
  return graph.finish();
}

/**
 * The lineage around an artifact in the whole log, without holding all runs.
 * @param digest Digest of the artifact, or a prefix of it.
 */
export async function readLineage(
  log: Log,
  digest: string,
  uriOf: (digest: string) => string,
  at: ReadAt = {},
): Promise<Lineage> {
  const graph = new Graph(uriOf);
  for await (const fold of foldRunsInTurn(log, at)) graph.add(fold);
  return lineageAround(graph.finish(), digest);
}

/**
 * The part of a lineage that an artifact came from and went into, walked both ways.
 * @param digest Digest of the artifact, or a prefix of it.
 */
export function lineageAround(lineage: Lineage, digest: string): Lineage {
  const seeds = lineage.artifacts.filter(
    (artifact) => artifact.digest.startsWith(digest) || artifact.digest.slice(7).startsWith(digest),
  );
  const found = seeds.map(({ id }) => id);
  const kept = new Set(found);
  const origins = neighbours(lineage, ({ from, to }) => [to, from]);
  const uses = neighbours(lineage, ({ from, to }) => [from, to]);
  for (const next of [origins, uses]) walk(found, kept, next);
  return {
    artifacts: lineage.artifacts.filter(({ id }) => kept.has(id)),
    executions: lineage.executions.filter(({ id }) => kept.has(id)),
    edges: lineage.edges.filter(({ from, to }) => kept.has(from) && kept.has(to)),
  };
}

type Edge = Lineage["edges"][number];

function neighbours(
  { edges }: Lineage,
  ends: (edge: Edge) => readonly [string, string],
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const edge of edges) {
    const [at, next] = ends(edge);
    const known = found.get(at);
    if (known === undefined) found.set(at, [next]);
    else known.push(next);
  }
  return found;
}

function walk(seeds: readonly string[], kept: Set<string>, next: ReadonlyMap<string, readonly string[]>): void {
  const reached = new Set(seeds);
  // A set is walked in the order of its insertions, those made on the way included.
  for (const at of reached)
    for (const to of next.get(at) ?? []) {
      reached.add(to);
      kept.add(to);
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

  add({ run, started, nodes }: RunFold): void {
    if (started?.body.dataset) this.#artifact(started.body.dataset);
    for (const [node, { journal, lastClaim }] of nodes) {
      const { completed } = journal;
      if (completed === undefined) continue;
      const place = completed.reused ?? { run, node };
      const inputs = completed.reused ? completed.inputs : (lastClaim?.body.inputs ?? []);
      const attempt = completed.reused ? undefined : (lastClaim?.body.attempt ?? 1);
      this.#execution({ run: place.run, node: place.node, attempt }, inputs, completed.outputs);
    }
  }

  #artifact({ digest, type }: Artifact): string {
    const id = `${type}/${digest.slice(7)}`;
    if (!this.#artifacts.has(id)) this.#artifacts.set(id, { id, digest, type, uri: this.#uriOf(digest) });
    return id;
  }

  /** Its attempt is undefined where another run tells of it: the run that did it knows. */
  #execution(
    { run, node, attempt }: { readonly run: string; readonly node: string; readonly attempt: number | undefined },
    inputs: readonly InputArtifact[],
    outputs: readonly OutputArtifact[],
  ): void {
    const id = `${run}/${node}`;
    if (attempt !== undefined || !this.#executions.has(id))
      this.#executions.set(id, { id, run, node, attempt: attempt ?? 1 });
    for (const { name, artifact } of inputs) if (artifact) this.#edge(this.#artifact(artifact), id, name);
    for (const { name, artifact } of outputs) if (artifact) this.#edge(id, this.#artifact(artifact), name);
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
