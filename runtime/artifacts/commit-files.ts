import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { ArtifactStore, CommitOptions } from "./store.ts";

/**
 * Commits files that are in memory, for example a bundle.
 * @param executionId Anything that no other process stages under at the same time.
 * @param files Contents by path below the artifact's root.
 */
export async function commitFiles(
  store: ArtifactStore,
  executionId: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  options: CommitOptions,
): Promise<Artifact> {
  const staging = await store.stage(executionId, "files");
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(`${staging.path}/${path}`), { recursive: true });
      writeFileSync(`${staging.path}/${path}`, content);
    }
    return await store.commit(staging, options);
  } finally {
    await store.discard(staging);
  }
}
