import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { hexOf } from "../model/mod.ts";
import { isAt, manifestFile, placeOfDigest, renamed } from "./place.ts";

/** Where collected artifacts are until nobody can refer to them any more; a directory a batch. */
export function trashDirectory(root: string): string {
  return `${root}/trash`;
}

/** Names of the batches in a store's trash. */
export function batchNames(root: string): readonly string[] {
  return existsSync(trashDirectory(root)) ? readdirSync(trashDirectory(root)) : [];
}

/** Place of an artifact in a batch. */
export function placeInBatch(root: string, batch: string, digest: string): string {
  return `${trashDirectory(root)}/${batch}/${hexOf(digest)}`;
}

/** Whether a batch has an artifact's files or its manifest. */
function hasIn(root: string, batch: string, digest: string): boolean {
  const away = placeInBatch(root, batch, digest);
  return existsSync(manifestFile(away)) || existsSync(away);
}

/** Whether an artifact, or a part of it, is in the trash. */
export function isInTrash(root: string, digest: string): boolean {
  return batchNames(root).some((batch) => hasIn(root, batch, digest));
}

/**
 * Takes an artifact from its address: first its manifest, which says that it is there, then its files. If a commit of
 * equal bytes wrote a new manifest in between for the files that lay there, they go back to it.
 */
export function takeAway(root: string, batch: string, digest: string): void {
  const place = placeOfDigest(root, digest);
  const away = placeInBatch(root, batch, digest);
  const found = renamed(manifestFile(place), manifestFile(away));
  // Without a manifest it is torn; unless someone else is just taking it away, and then its files are theirs.
  if (!found && isInTrash(root, digest)) return;
  if (!existsSync(manifestFile(place))) renamed(place, away);
  if (existsSync(manifestFile(place)) && !existsSync(place)) renamed(away, place);
}

/**
 * Brings an artifact back from a batch, files first; what is at its address already stays.
 * @returns whether it is at its address with both.
 */
export function bringBack(root: string, batch: string, digest: string): boolean {
  const place = placeOfDigest(root, digest);
  const away = placeInBatch(root, batch, digest);
  if (!existsSync(place)) {
    mkdirSync(dirname(place), { recursive: true });
    renamed(away, place);
  }
  if (!existsSync(manifestFile(place))) renamed(manifestFile(away), manifestFile(place));
  return isAt(place);
}

/**
 * Brings an artifact back from whatever batch has it: someone who knows it from the log wants to read it.
 * @returns whether anything was brought back.
 */
export function rescue(root: string, digest: string): boolean {
  const batches = batchNames(root).filter((batch) => hasIn(root, batch, digest));
  for (const batch of batches) bringBack(root, batch, digest);
  return batches.length > 0;
}
