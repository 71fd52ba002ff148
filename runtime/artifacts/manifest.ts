import type { Manifest } from "../contracts/millrace/metadata/v1/artifact.ts";
import { canonicalJson, digestOf, Terminal, type Digest } from "../model/mod.ts";

/** A manifest's entry as its text holds it. */
interface EntryText {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * The one text of a manifest, which the artifact's digest is of: canonical JSON, entries ascending by path (bytewise).
 * Equal content has equal text, whatever order the file system lists it in.
 */
export function manifestText(manifest: Manifest): string {
  const entries: EntryText[] = manifest.entries
    .map(({ path, bytes, sha256 }) => ({ path, bytes: Number(bytes), sha256 }))
    .sort((a, b) => compareBytewise(a.path, b.path));
  return canonicalJson({ entries });
}

/** The artifact digest of a manifest. */
export function manifestDigest(manifest: Manifest): Digest {
  return digestOf(manifestText(manifest));
}

/** Size and number of a manifest's files, as an artifact carries them. */
export function manifestSize(manifest: Manifest): { readonly bytes: bigint; readonly files: number } {
  const bytes = manifest.entries.reduce((sum, entry) => sum + entry.bytes, 0n);
  return { bytes, files: manifest.entries.length };
}

/**
 * Parses a manifest's text and holds it against the digest it is stored under.
 * @param place Where the text is, for the message.
 * @throws {Terminal} `digest-mismatch`: the text isn't the one that the digest is of.
 */
export function parseManifest(text: string, digest: string, place: string): Manifest {
  const actual = digestOf(text);
  if (actual !== digest) {
    throw new Terminal(
      "digest-mismatch",
      `Cannot use the manifest ${place} as its digest must be ${digest}: it is ${actual}. ` +
        `Remove the directory it is in; the node that makes it will write it again`,
      { file: place },
    );
  }
  const { entries } = JSON.parse(text) as { readonly entries: readonly EntryText[] };
  return { entries: entries.map(({ path, bytes, sha256 }) => ({ path, bytes: BigInt(bytes), sha256 })) };
}

/** Order of two texts by their bytes in UTF-8, which is the same in every language. */
export function compareBytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
