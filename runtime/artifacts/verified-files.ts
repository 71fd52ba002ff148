import { lstatSync, readdirSync, type BigIntStats } from "node:fs";
import type { Manifest, ManifestEntry } from "../contracts/millrace/metadata/v1/artifact.ts";
import { Terminal } from "../model/mod.ts";
import { fileSha256 } from "./file-digest.ts";

/** Files remembered as verified; the oldest are verified again beyond that. */
const verifiedFilesMax = 100_000;

/**
 * Verifies files against their manifest, each once a process as long as its size, times and inode stay what they were.
 * A byte flipped under an unchanged modification time is therefore found by the next process at the latest.
 */
export class VerifiedFiles {
  readonly #seen = new Map<string, string>();

  /**
   * Verifies all files of a payload.
   * @throws {Terminal} `digest-mismatch` naming the first file that isn't what the manifest says, or isn't in it.
   */
  async verify(root: string, digest: string, manifest: Manifest): Promise<void> {
    for (const entry of manifest.entries) await this.#verifyFile(`${root}/${entry.path}`, digest, entry);
    assertNothingElse(root, digest, manifest);
  }

  async #verifyFile(place: string, digest: string, entry: ManifestEntry): Promise<void> {
    const stats = lstatSync(place, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) throw mismatch(place, digest, "be there", "it is missing");
    if (!stats.isFile()) throw mismatch(place, digest, "be a regular file", "it is not");
    if (stats.size !== entry.bytes) {
      throw mismatch(place, digest, `have ${entry.bytes} bytes`, `it has ${stats.size}`);
    }
    const state = stateOf(stats, entry.sha256);
    if (this.#seen.get(place) === state) return;
    const sha256 = await fileSha256(place, Number(entry.bytes));
    if (sha256 !== entry.sha256) throw mismatch(place, digest, `have sha256 ${entry.sha256}`, `it has ${sha256}`);
    this.#remember(place, state);
  }

  #remember(place: string, state: string): void {
    if (this.#seen.size >= verifiedFilesMax) this.#seen.delete(this.#seen.keys().next().value ?? "");
    this.#seen.set(place, state);
  }
}

/** A reader may take whatever is in the directory, so what the digest doesn't cover mustn't be there. */
function assertNothingElse(root: string, digest: string, manifest: Manifest): void {
  const paths = new Set(manifest.entries.map(({ path }) => path));
  // Most payloads are flat, and one look at the names is enough.
  if (readdirSync(root).every((name) => paths.has(name))) return;
  const listed = new Set(manifest.entries.map(({ path }) => `${root}/${path}`));
  const extra = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .find((place) => !listed.has(place));
  if (extra !== undefined) throw mismatch(extra, digest, "not be there", "its manifest doesn't list it");
}

function stateOf(stats: BigIntStats, sha256: string): string {
  return `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs} ${sha256}`;
}

function mismatch(place: string, digest: string, required: string, current: string): Terminal {
  const message =
    `Cannot read artifact ${digest} as ${place} must ${required}: ${current}. ` +
    `Remove the artifact's directory; the node that makes it will write it again`;
  return new Terminal("digest-mismatch", message, { file: place });
}
