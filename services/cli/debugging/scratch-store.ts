import { type ArtifactStore, borrowArtifact, DirectoryStore } from "millrace/artifacts";
import type { StartExecution } from "millrace/contracts/millrace/component/v1/executor.ts";

/**
 * A store of its own that an execution may write without anyone seeing it; what the execution reads is borrowed from
 * the real one.
 */
export function scratchStore(root: string, store: ArtifactStore, start: StartExecution): DirectoryStore {
  const scratch = new DirectoryStore(root);
  const inputs = start.inputs.flatMap(({ artifact }) => artifact?.digest ?? []);
  const bundles = start.code.map(({ digest }) => digest);
  for (const digest of new Set([...inputs, ...bundles])) borrowArtifact(scratch, store, digest);
  return scratch;
}
