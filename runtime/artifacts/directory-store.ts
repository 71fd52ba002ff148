import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Artifact, Manifest } from "../contracts/millrace/metadata/v1/artifact.ts";
import { digestOf, isDigest, MillraceError, Retryable, Terminal } from "../model/mod.ts";
import { copyIntoStaging } from "./copy-into-staging.ts";
import { sizeOf } from "./disk-usage.ts";
import { flushPayload } from "./flush.ts";
import { manifestSize, manifestText, parseManifest } from "./manifest.ts";
import { missing } from "./missing.ts";
import { manifestOf } from "./payload.ts";
import { isAt, manifestFile, placeOfDigest, renamed } from "./place.ts";
import { processName } from "./process-name.ts";
import { removeIfEmpty } from "./staging-sweep.ts";
import { storeError } from "./store-error.ts";
import type { ArtifactStore, CommitOptions, ImportOptions, Staging } from "./store.ts";
import { rescue } from "./trash.ts";
import { VerifiedFiles } from "./verified-files.ts";

/** Times that equal bytes may be taken away from under a commit that settles on them. */
const settlesMax = 5;

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
    this.#staging = `${this.root}/staging/${processName()}-${randomUUID().slice(0, 8)}`;
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
      await this.#settle(staging, digest, manifest, text).catch((error: unknown) => {
        this.#takeBack(staging, digest);
        throw error;
      });
      return { type: options.type, digest, ...manifestSize(manifest), properties: { ...options.properties } };
    });
  }

  async importFile(path: string, options: ImportOptions): Promise<Artifact> {
    const staging = await this.stage(`import-${randomUUID()}`, "file");
    try {
      const copy = `${staging.path}/${basename(options.name ?? path)}`;
      const copying = () => copyIntoStaging(path, copy, options.sha256);
      await this.#guarded("write artifacts in", copying, () => sizeOf(path));
      return await this.commit(staging, options);
    } finally {
      await this.discard(staging);
    }
  }

  async open(digest: string): Promise<string> {
    try {
      return await this.#openVerified(digest);
    } catch (error) {
      // Whoever asks for it has it from the log: then it was collected a moment too early.
      if (!isBroken(error) || !rescue(this.root, digest)) throw error;
      return await this.#openVerified(digest);
    }
  }

  async #openVerified(digest: string): Promise<string> {
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

  /**
   * Puts staged files, or equal ones that are there, and behind them their manifest at their address. Equal ones may be
   * collected meanwhile: so the staged ones are kept until both were seen there behind the manifest.
   */
  async #settle(staging: Staging, digest: string, manifest: Manifest, text: string): Promise<void> {
    const place = this.#place(digest);
    for (let attempt = 0; attempt < settlesMax && existsSync(staging.path); attempt++) {
      const moved = this.#moved(staging, digest) || (await this.#mended(staging, digest, manifest));
      if (this.#flush) flushPayload([], dirname(place));
      this.#writeManifest(digest, text);
      if (moved) return;
      if (isAt(place)) return this.discard(staging);
    }
    const message = `Cannot write artifact ${digest} in ${this.root}: its files were taken away ${settlesMax} times while it was committed`;
    throw new Retryable("store-io", message);
  }

  /** Moves staged files to their address, if nothing is there yet. */
  #moved({ path }: Staging, digest: string): boolean {
    const place = this.#place(digest);
    if (renamed(path, place)) return true;
    return made(dirname(place)) && renamed(path, place);
  }

  /** Something is at the address: equal bytes by another commit, which stay, or torn or altered ones. */
  async #mended(staging: Staging, digest: string, manifest: Manifest): Promise<boolean> {
    const place = this.#place(digest);
    const whole = await unlessBroken(async () => {
      await this.#verified.verify(place, digest, manifest);
      return true;
    });
    if (!whole) this.#replace(staging, place);
    return !whole && !existsSync(staging.path);
  }

  /**
   * What could not be committed whole goes back to its staging, and with that goes away; unless another commit has
   * settled on it meanwhile, as its manifest tells.
   */
  #takeBack({ path }: Staging, digest: string): void {
    const place = this.#place(digest);
    if (existsSync(path) || existsSync(manifestFile(place))) return;
    if (renamed(place, path) && existsSync(manifestFile(place))) renamed(path, place);
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
    return placeOfDigest(this.root, digest);
  }

  /** @param bytesWanted What the work writes, where that is known. */
  async #guarded<T>(action: string, work: () => T | Promise<T>, bytesWanted?: () => number): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeError(`${action} ${this.root}`, error, { directory: this.root, bytesWanted: bytesWanted?.() });
    }
  }
}

/** What a look at an artifact finds; false if it is missing or its bytes aren't those of its digest. */
async function unlessBroken(look: () => Promise<boolean>): Promise<boolean> {
  try {
    return await look();
  } catch (error) {
    if (isBroken(error)) return false;
    throw error;
  }
}

/** Whether an artifact is missing or not what its digest says. */
function isBroken(error: unknown): boolean {
  return error instanceof MillraceError && (error.code === "artifact-missing" || error.code === "digest-mismatch");
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

/** Writes a file that is not there yet, or nothing at all; false if it is there. */
function writtenAnew(file: string, text: string): boolean {
  let handle: number;
  try {
    handle = openSync(file, "wx", 0o444);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  try {
    writeFileSync(handle, text);
    return true;
  } catch (error) {
    // Unless someone has put the whole text there meanwhile.
    if (statSync(file, { throwIfNoEntry: false })?.ino === fstatSync(handle).ino) rmSync(file);
    throw error;
  } finally {
    closeSync(handle);
  }
}

const removedAtExit = new Set<string>();

/** Leaves no empty directory behind when the process ends; one with work in it stays for whoever looks into a crash. */
function removeAtExit(directory: string): void {
  if (removedAtExit.size === 0) process.once("exit", () => removedAtExit.forEach(removeIfEmpty));
  removedAtExit.add(directory);
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

/** One path segment for any id: what could leave the directory is escaped. */
function segment(id: string): string {
  const escaped = encodeURIComponent(id);
  return /^\.*$/.test(escaped) ? `_${escaped}` : escaped;
}
