import { randomUUID } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Artifact, Manifest } from "../contracts/millrace/metadata/v1/artifact.ts";
import { digestOf, hexOf, isDigest, MillraceError, Terminal } from "../model/mod.ts";
import { copyIntoStaging } from "./copy-into-staging.ts";
import { flushPayload } from "./flush.ts";
import { manifestSize, manifestText, parseManifest } from "./manifest.ts";
import { manifestOf } from "./payload.ts";
import { storeError } from "./store-error.ts";
import type { ArtifactStore, CommitOptions, ImportOptions, Staging } from "./store.ts";
import { VerifiedFiles } from "./verified-files.ts";

export interface DirectoryStoreOptions {
  /**
   * Whether a commit waits until its bytes are on the disk; default false. Without it a power cut may lose or tear
   * artifacts committed in the last seconds: the next read finds that by their digests, and the node runs again.
   * With it a small commit takes about twice as long (0.6 → 1.2 ms).
   */
  readonly flush?: boolean;
}

/**
 * Keeps artifacts below one directory:
 * `sha256/ab/<hex>/{manifest.json,payload/…}` once committed, `staging/<execution>/<output>/payload/` before.
 *
 * Staging is on the same file system, so a commit is one rename: an artifact is there whole or not at all, and of two
 * processes committing equal content one renames and the other finds it done. Committed files are read-only;
 * directories stay writable, or their owner couldn't remove the store with `rm -r`.
 *
 * File-system calls are synchronous where they are small: an executor has its process to itself.
 */
export class DirectoryStore implements ArtifactStore {
  readonly root: string;
  readonly #flush: boolean;
  readonly #verified = new VerifiedFiles();

  constructor(root: string, options: DirectoryStoreOptions = {}) {
    this.root = resolve(root);
    this.#flush = options.flush ?? false;
  }

  async stage(executionId: string, output: string): Promise<Staging> {
    const directory = `${this.root}/staging/${segment(executionId)}/${segment(output)}`;
    return this.#guarded("write artifacts in", () => {
      rmSync(directory, { recursive: true, force: true });
      // Private by the directory above, so that what is renamed out of it has ordinary modes.
      mkdirSync(`${this.root}/staging`, { recursive: true, mode: 0o700 });
      mkdirSync(`${directory}/payload`, { recursive: true });
      return { path: `${directory}/payload` };
    });
  }

  async commit(staging: Staging, options: CommitOptions): Promise<Artifact> {
    const directory = this.#stagingDirectory(staging);
    return this.#guarded("write artifacts in", async () => {
      const { manifest, files } = await manifestOf(staging.path);
      for (const { place } of files) chmodSync(place, 0o444);
      const text = manifestText(manifest);
      const manifestFile = `${directory}/manifest.json`;
      writeFileSync(manifestFile, text, { mode: 0o444 });
      if (this.#flush) flushPayload([...files.map(({ place }) => place), manifestFile], directory);
      const digest = digestOf(text);
      await this.#moveIntoPlace(staging, digest);
      return { type: options.type, digest, ...manifestSize(manifest), properties: { ...options.properties } };
    });
  }

  async importFile(path: string, options: ImportOptions): Promise<Artifact> {
    const staging = await this.stage(`import-${randomUUID()}`, "file");
    try {
      await this.#guarded("write artifacts in", () =>
        copyIntoStaging(path, `${staging.path}/${basename(options.name ?? path)}`, options.sha256),
      );
      return await this.commit(staging, options);
    } finally {
      await this.discard(staging);
    }
  }

  async open(digest: string): Promise<string> {
    const manifest = await this.manifest(digest);
    const payload = `${this.#place(digest)}/payload`;
    await this.#guarded("read artifacts in", () => this.#verified.verify(payload, digest, manifest));
    return payload;
  }

  async has(digest: string): Promise<boolean> {
    return unlessBroken(async () => {
      const { entries } = await this.manifest(digest);
      const payload = `${this.#place(digest)}/payload`;
      return entries.every(({ path, bytes }) => {
        const stats = lstatSync(`${payload}/${path}`, { throwIfNoEntry: false });
        return stats?.isFile() === true && BigInt(stats.size) === bytes;
      });
    });
  }

  async manifest(digest: string): Promise<Manifest> {
    const file = `${this.#place(digest)}/manifest.json`;
    return this.#guarded("read artifacts in", () => {
      if (!existsSync(file)) throw missing(digest, this.root);
      return parseManifest(readFileSync(file, "utf8"), digest, file);
    });
  }

  uriOf(digest: string): string {
    return pathToFileURL(`${this.#place(digest)}/payload`).href;
  }

  async discard(staging: Staging): Promise<void> {
    const directory = this.#stagingDirectory(staging);
    await this.#guarded("write artifacts in", () => {
      rmSync(directory, { recursive: true, force: true });
      removeIfEmpty(dirname(directory));
    });
  }

  async #moveIntoPlace(staging: Staging, digest: string): Promise<void> {
    const place = this.#place(digest);
    mkdirSync(dirname(place), { recursive: true });
    if (!renamed(dirname(staging.path), place)) {
      const whole = await unlessBroken(async () => (await this.open(digest)) !== "");
      if (!whole) this.#replace(staging, place);
    }
    if (this.#flush) flushPayload([], dirname(place));
    await this.discard(staging);
  }

  /** Puts good bytes where torn or altered ones of the same digest are. */
  #replace(staging: Staging, place: string): void {
    const aside = `${this.root}/staging/torn-${randomUUID()}`;
    renamed(place, aside);
    // Lost only to another process that mends the same artifact with equal bytes.
    renamed(dirname(staging.path), place);
    rmSync(aside, { recursive: true, force: true });
  }

  /** The directory that goes with a staging; anything that this store didn't stage is neither moved nor removed. */
  #stagingDirectory({ path }: Staging): string {
    const directory = dirname(path);
    const ours =
      resolve(path) === path && dirname(dirname(directory)) === `${this.root}/staging` && basename(path) === "payload";
    if (ours) return directory;
    const message = `Cannot use ${path} as a staging directory: it must be one that this store (${this.root}) has staged`;
    throw new Terminal("not-staged", message, { file: path });
  }

  #place(digest: string): string {
    if (!isDigest(digest)) {
      const message = `Cannot find artifact ${JSON.stringify(digest)}: a digest must be "sha256:" and 64 hex digits`;
      throw new Terminal("artifact-missing", message, { field: "digest" });
    }
    const hex = hexOf(digest);
    return `${this.root}/sha256/${hex.slice(0, 2)}/${hex}`;
  }

  async #guarded<T>(action: string, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeError(`${action} ${this.root}`, error);
    }
  }
}

/** What a look at an artifact finds; false if it is missing or its bytes aren't those of its digest. */
async function unlessBroken(look: () => Promise<boolean>): Promise<boolean> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof MillraceError && (error.code === "artifact-missing" || error.code === "digest-mismatch")) {
      return false;
    }
    throw error;
  }
}

/** Renames a directory to a place that nothing holds yet; false if something does, or the source is gone. */
function renamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOENT") return false;
    throw error;
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "ENOENT") throw error;
  }
}

/** One path segment for any id: what could leave the directory is escaped. */
function segment(id: string): string {
  const escaped = encodeURIComponent(id);
  return /^\.*$/.test(escaped) ? `_${escaped}` : escaped;
}

function missing(digest: string, root: string): Terminal {
  const message =
    `Cannot read artifact ${digest} as it must be in the store ${root}: it is not there. ` +
    `Check that every service uses the same store, or run the node that makes it again`;
  return new Terminal("artifact-missing", message);
}
