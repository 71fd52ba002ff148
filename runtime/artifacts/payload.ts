import { lstatSync, readdirSync, type Stats } from "node:fs";
import type { Manifest, ManifestEntry } from "../contracts/millrace/metadata/v1/artifact.ts";
import { Terminal, type Digest } from "../model/mod.ts";
import { fileSha256 } from "./file-digest.ts";
import { compareBytewise, manifestDigest } from "./manifest.ts";

/** A regular file of a payload. */
export interface PayloadFile {
  /** Path below the payload's root, with "/" between segments. */
  readonly path: string;
  /** Path on this machine. */
  readonly place: string;
  readonly stats: Stats;
}

/**
 * A payload's files, ascending by path (bytewise). Directories count only through the files in them.
 * @throws {Terminal} `not-a-payload`: a link, a special file, or a name that isn't UTF-8.
 */
function payloadFiles(root: string): readonly PayloadFile[] {
  const files = readdirSync(root, { withFileTypes: true }).flatMap((entry) => filesBelow(root, entry.name));
  return files.sort((a, b) => compareBytewise(a.path, b.path));
}

function filesBelow(root: string, path: string): PayloadFile[] {
  const place = `${root}/${path}`;
  if (path.includes("\uFFFD")) throw notPayload(place, "names must be UTF-8");
  const stats = lstatSync(place);
  if (stats.isDirectory()) return readdirSync(place).flatMap((name) => filesBelow(root, `${path}/${name}`));
  if (stats.isSymbolicLink()) throw notPayload(place, "it is a symbolic link; write the content it points to");
  if (!stats.isFile()) throw notPayload(place, "it is neither a file nor a directory");
  // Through another name of the same inode the content could change after it was committed.
  if (stats.nlink > 1) throw notPayload(place, `it is a hard link (${stats.nlink} names); write a copy`);
  return [{ path, place, stats }];
}

/**
 * Lists and hashes a payload.
 * @throws {Terminal} `not-a-payload`: as above, or it has no file at all.
 */
export async function manifestOf(root: string): Promise<{ manifest: Manifest; files: readonly PayloadFile[] }> {
  const files = payloadFiles(root);
  if (files.length === 0) throw notPayload(root, "it must hold at least one file: it holds none");
  const entries: ManifestEntry[] = [];
  for (const { path, place, stats } of files) {
    entries.push({ path, bytes: BigInt(stats.size), sha256: await fileSha256(place, stats.size) });
  }
  return { manifest: { entries }, files };
}

/**
 * The digest that a directory's files have as an artifact, wherever they lie.
 * @throws {Terminal} `not-a-payload`: they could be none.
 */
export async function payloadDigest(root: string): Promise<Digest> {
  return manifestDigest((await manifestOf(root)).manifest);
}

function notPayload(place: string, why: string): Terminal {
  return new Terminal("not-a-payload", `Cannot commit ${place}: ${why}`, { file: place });
}
