import { isCollected, noRetentions } from "./artifact-retention.ts";
import type { Retentions } from "./artifact-retention.ts";
import type { RunFold } from "./run.ts";

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
  const found = new Map<string, ArtifactRecord>();
  const lastUsed = new Map<string, number>();
  for (const fold of folds) {
    const made = [...fold.nodes].flatMap(([node, { journal }]) =>
      (journal.completed?.outputs ?? []).map(({ name, artifact }) => ({
        node,
        name,
        artifact,
        sequence: journal.head?.sequence ?? 0,
      })),
    );
    const dataset = {
      node: "source",
      name: "dataset",
      artifact: fold.started?.body.dataset,
      sequence: fold.started?.sequence ?? 0,
    };
    for (const { node, name, artifact, sequence } of [dataset, ...made]) {
      if (artifact === undefined) continue;
      lastUsed.set(artifact.digest, Math.max(sequence, lastUsed.get(artifact.digest) ?? 0));
      if (found.has(`${artifact.type} ${artifact.digest}`)) continue;
      const { digest, type, bytes, files, properties } = artifact;
      found.set(`${type} ${digest}`, {
        digest,
        type,
        uri: uriOf(digest),
        bytes: Number(bytes),
        files,
        properties,
        run: fold.run,
        node,
        output: name,
        sequence,
        collected: false,
        pinned: retentions.get(digest)?.pinned ?? null,
      });
    }
  }
  return [...found.values()]
    .map((record) => ({
      ...record,
      collected: isCollected(retentions, record.digest, lastUsed.get(record.digest) ?? 0),
    }))
    .sort((a, b) => a.sequence - b.sequence);
}
