import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { Log } from "../log/mod.ts";
import { isCollected, noRetentions } from "./artifact-retention.ts";
import type { Retentions } from "./artifact-retention.ts";
import type { ReadAt } from "./read-at.ts";
import type { RunFold } from "./run.ts";
import { foldRunsInTurn } from "./runs-in-turn.ts";

/** An artifact that a run made, and where. */
export interface ArtifactRecord {
  readonly digest: string;
  readonly type: string;
  readonly uri: string;
  readonly bytes: number;
  readonly files: number;
  readonly properties: Readonly<Record<string, string>>;
  /** First run, node and output that made it. */
  readonly run: string;
  readonly node: string;
  readonly output: string;
  readonly sequence: number;
  /** Whether its bytes were given up, and no run has made or used it since. */
  readonly collected: boolean;
  /** Why it is kept whatever the retention policy says; null if it is not pinned. */
  readonly pinned: string | null;
}

/** Every artifact of the runs, once each by type and digest, in the order in which they were first made. Pure. */
export function artifactsOf(
  folds: Iterable<RunFold>,
  uriOf: (digest: string) => string,
  retentions: Retentions = noRetentions,
): readonly ArtifactRecord[] {
  const list = new ArtifactList(uriOf, retentions);
  for (const fold of folds) list.add(fold);
  return list.finish();
}

/** Every artifact in the log, as `artifactsOf` has them, without holding all runs. */
export async function listArtifacts(
  log: Log,
  uriOf: (digest: string) => string,
  at: ReadAt & { readonly retentions?: Retentions } = {},
): Promise<readonly ArtifactRecord[]> {
  const list = new ArtifactList(uriOf, at.retentions ?? noRetentions);
  for await (const fold of foldRunsInTurn(log, at)) list.add(fold);
  return list.finish();
}

/** Collects what runs made, in any order of the runs. */
class ArtifactList {
  readonly #uriOf: (digest: string) => string;
  readonly #retentions: Retentions;
  readonly #found = new Map<string, ArtifactRecord>();
  readonly #lastUsed = new Map<string, number>();

  constructor(uriOf: (digest: string) => string, retentions: Retentions) {
    this.#uriOf = uriOf;
    this.#retentions = retentions;
  }

  add({ run, started, nodes }: RunFold): void {
    if (started)
      this.#note(started.body.dataset, { run, node: "source", output: "dataset", sequence: started.sequence });
    for (const [node, { journal }] of nodes)
      for (const { name: output, artifact } of journal.completed?.outputs ?? [])
        this.#note(artifact, { run, node, output, sequence: journal.head?.sequence ?? 0 });
  }

  finish(): readonly ArtifactRecord[] {
    const records = [...this.#found.values()].sort((a, b) => a.sequence - b.sequence);
    return records.map((record) =>
      Object.assign({}, record, {
        collected: isCollected(this.#retentions, record.digest, this.#lastUsed.get(record.digest) ?? 0),
      }),
    );
  }

  #note(artifact: Artifact | undefined, made: Pick<ArtifactRecord, "run" | "node" | "output" | "sequence">): void {
    if (artifact === undefined) return;
    const { digest, type, bytes, files, properties } = artifact;
    this.#lastUsed.set(digest, Math.max(made.sequence, this.#lastUsed.get(digest) ?? 0));
    const key = `${type} ${digest}`;
    const known = this.#found.get(key);
    if (known !== undefined && known.sequence <= made.sequence) return;
    const pinned = this.#retentions.get(digest)?.pinned ?? null;
    const content = { digest, type, uri: this.#uriOf(digest), bytes: Number(bytes), files, properties };
    // Outputs of one execution have one sequence: they stay in their order.
    this.#found.delete(key);
    this.#found.set(key, { ...content, ...made, collected: false, pinned });
  }
}
