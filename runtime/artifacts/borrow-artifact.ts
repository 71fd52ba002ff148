import { mkdirSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isAt, manifestFile } from "./place.ts";
import { missing } from "./missing.ts";
import type { ArtifactStore } from "./store.ts";

/**
 * Makes an artifact of one directory store readable in another by links, without copying it: for work that nobody is
 * to see, in a store of its own.
 * @throws {Terminal} `artifact-missing`: the store that lends does not have it, perhaps not any more.
 */
export function borrowArtifact(to: ArtifactStore, from: ArtifactStore, digest: string): void {
  const place = fileURLToPath(to.uriOf(digest));
  const lent = fileURLToPath(from.uriOf(digest));
  // A link to nothing would say that the borrower's store lacks it.
  if (!isAt(lent)) throw missing(digest, lent);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(lent, place);
  symlinkSync(manifestFile(lent), manifestFile(place));
}
