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
 * Keeps artifacts below one directory: files in `sha256/ab/<hex>/…` and their manifest beside them, in
 * `sha256/ab/<hex>.manifest.json`, once committed; `staging/<process>/<execution>.<output>/…` before.
 *
 * Staging is on the same file system, so a commit is one rename of the files and one of the manifest behind them: an
 * artifact is there if its manifest is, whole or not at all. Of two processes committing equal content one renames and
 * the other finds it done. Committed files are read-only; directories stay writable, or their owner couldn't remove the
 * store with `rm -r`.
 *
 * Making and removing directories is what a small commit costs most (several milliseconds each where many processes
 * share a parent), so there is one a commit, below a parent of this process's own. File-system calls are synchronous
 * where they are small: an executor has its process to itself.
 */
export class DirectoryStore implements ArtifactStore {
  readonly root: string;
  readonly #flush: boolean;
  readonly #verified = new VerifiedFiles();
  readonly #staging: string;

  constructor(root: string, options: DirectoryStoreOptions = {}) {
    this.root = resolve(root);
    this.#flush = options.flush ?? false;
    this.#staging = `${this.root}/staging/${process.pid}-${randomUUID().slice(0, 8)}`;
  }

  async stage(executionId: string, output: string): Promise<Staging> {
    const path = `${this.#staging}/${segment(executionId)}.${segment(output)}`;
    return this.#guarded("write artifacts in", () => {
      if (!made(path)) {
        // Private by the directory above, so that what is renamed out of it has ordinary modes.
        mkdirSync(`${this.root}/staging`, { recursive: true, mode: 0o700 });
        rmSync(path, { recursive: true, force: true });
        mkdirSync(path, { recursive: true });
        removeAtExit(this.#staging);
      }
      return { path };
    });
  }

  async commit(staging: Staging, options: CommitOptions): Promise<Artifact> {
    this.#assertStaged(staging);
    return this.#guarded("write artifacts in", async () => {
      const { manifest, files } = await manifestOf(staging.path);
      for (const { place } of files) chmodSync(place, 0o444);
      if (this.#flush)
        flushPayload(
          files.map(({ place }) => place),
          staging.path,
        );
      const text = manifestText(manifest);
      const digest = digestOf(text);
      const moved = this.#moved(staging, digest);
      if (!moved) await this.#settleInPlace(staging, digest, manifest);
      if (this.#flush) flushPayload([], dirname(this.#place(digest)));
      this.#writeManifest(digest, text);
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
    const place = this.#place(digest);
    await this.#guarded("read artifacts in", () => this.#verified.verify(place, digest, manifest));
    return place;
  }

  async has(digest: string): Promise<boolean> {
    return unlessBroken(async () => {
      const { entries } = await this.manifest(digest);
      const place = this.#place(digest);
      return entries.every(({ path, bytes }) => {
        const stats = lstatSync(`${place}/${path}`, { throwIfNoEntry: false });
        return stats?.isFile() === true && BigInt(stats.size) === bytes;
      });
    });
  }

  async manifest(digest: string): Promise<Manifest> {
    const file = manifestFile(this.#place(digest));
    return this.#guarded("read artifacts in", () => {
      const text = textOf(file);
      if (text === undefined) throw missing(digest, this.root);
      return parseManifest(text, digest, file);
    });
  }

  uriOf(digest: string): string {
    return pathToFileURL(this.#place(digest)).href;
  }

  async discard(staging: Staging): Promise<void> {
    this.#assertStaged(staging);
    await this.#guarded("write artifacts in", () => {
      // What was committed is gone from here, and asking is cheaper than removing nothing.
      if (existsSync(staging.path)) rmSync(staging.path, { recursive: true, force: true });
    });
  }

  /** Moves staged files to their address, if nothing is there yet. */
  #moved({ path }: Staging, digest: string): boolean {
    const place = this.#place(digest);
    if (renamed(path, place)) return true;
    return made(dirname(place)) && renamed(path, place);
  }

  /** Something is at the address: equal bytes by another commit, or torn or altered ones. */
  async #settleInPlace(staging: Staging, digest: string, manifest: Manifest): Promise<void> {
    const place = this.#place(digest);
    const whole = await unlessBroken(async () => {
      await this.#verified.verify(place, digest, manifest);
      return true;
    });
    if (!whole) this.#replace(staging, place);
    await this.discard(staging);
  }

  /** Puts good bytes where nothing is yet, or torn or altered ones of the same digest are. */
  #replace(staging: Staging, place: string): void {
    mkdirSync(dirname(place), { recursive: true });
    const aside = `${this.#staging}/torn-${randomUUID()}`;
    renamed(place, aside);
    // Lost only to another process that puts equal bytes there.
    if (!renamed(staging.path, place) && !existsSync(place)) renameSync(staging.path, place);
    rmSync(aside, { recursive: true, force: true });
  }

  /**
   * The manifest goes last, for it says that the artifact is there. A torn one is found by its digest, and mended by
   * the next commit of the same content.
   */
  #writeManifest(digest: string, text: string): void {
    const file = manifestFile(this.#place(digest));
    if (!this.#flush && writtenAnew(file, text)) return;
    if (textOf(file) === text) return;
    const draft = `${this.#staging}/${randomUUID()}.manifest.json`;
    writeFileSync(draft, text, { mode: 0o444 });
    if (this.#flush) flushPayload([draft], this.#staging);
    renameSync(draft, file);
    if (this.#flush) flushPayload([], dirname(file));
  }

  /** Anything that this store didn't stage is neither moved nor removed. */
  #assertStaged({ path }: Staging): void {
    if (resolve(path) === path && dirname(dirname(path)) === `${this.root}/staging`) return;
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

/** Makes a directory in one that is there; false if it exists already or its parent doesn't. */
function made(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOENT") return false;
    throw error;
  }
}

/** Writes a file that is not there yet; false if it is. */
function writtenAnew(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { mode: 0o444, flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

const removedAtExit = new Set<string>();

/** Leaves no empty directory behind when the process ends; one with work in it stays for whoever looks into a crash. */
function removeAtExit(directory: string): void {
  if (removedAtExit.size === 0) process.once("exit", () => removedAtExit.forEach(removeIfEmpty));
  removedAtExit.add(directory);
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "ENOENT") throw error;
  }
}

/** The text of a file; undefined if there is none. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Path of the manifest that belongs to an artifact's directory. */
export function manifestFile(place: string): string {
  return `${place}.manifest.json`;
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
