import { existsSync, renameSync } from "node:fs";
import { hexOf } from "../model/mod.ts";

/** Directory of an artifact's files below a store's root. @param hex Its digest's 64 digits. */
export function placeOfHex(root: string, hex: string): string {
  return `${root}/sha256/${hex.slice(0, 2)}/${hex}`;
}

/** Directory of an artifact's files below a store's root. */
export function placeOfDigest(root: string, digest: string): string {
  return placeOfHex(root, hexOf(digest));
}

/** Path of the manifest that belongs to an artifact's directory. */
export function manifestFile(place: string): string {
  return `${place}.manifest.json`;
}

/** Whether both an artifact's directory and its manifest are at a place; says nothing of what is in them. */
export function isAt(place: string): boolean {
  return existsSync(manifestFile(place)) && existsSync(place);
}

/** Renames a directory to a place that nothing holds yet; false if something does, or the source is gone. */
export function renamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOENT") return false;
    throw error;
  }
}
