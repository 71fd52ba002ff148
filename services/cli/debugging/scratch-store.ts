import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ArtifactStore, DirectoryStore } from "millrace/artifacts";
import type { StartExecution } from "millrace/contracts/millrace/component/v1/executor.ts";
import { hexOf } from "millrace/model";

/**
 * A store of its own that an execution may write without anyone seeing it: what the execution reads is linked into it
 * from the real one.
 */
export function scratchStore(root: string, store: ArtifactStore, start: StartExecution): DirectoryStore {
  const digests = [
    ...start.inputs.flatMap(({ artifact }) => artifact?.digest ?? []),
    ...start.code.map(({ digest }) => digest),
  ];
  for (const digest of new Set(digests)) {
    const hex = hexOf(digest);
    const place = join(root, "sha256", hex.slice(0, 2), hex);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(dirname(fileURLToPath(store.uriOf(digest))), place);
  }
  return new DirectoryStore(root);
}
