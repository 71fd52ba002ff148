import { setTimeout as sleep } from "node:timers/promises";
import { payloadDigest } from "millrace/artifacts";
import { loadServingModel, type ServingModel } from "millrace/training";
import { type FoundVersion, findVersions } from "./find-versions.ts";
import { servableNotFound } from "./rest-error.ts";

/** How long a version that didn't load is left alone, unless it is written anew. */
const retryAfterMs = 5_000;

/** A version that answers. */
export interface LoadedVersion extends FoundVersion {
  readonly serving: ServingModel;
  /** Digest of its files as an artifact: the PushedModel's that the log names. Null if they could be none. */
  readonly digest: string | null;
}

/** What is known of a version, in TensorFlow Serving's words. */
export interface VersionStatus {
  readonly version: string;
  readonly state: "LOADING" | "AVAILABLE" | "END";
  /** Why it didn't load; empty if it did. */
  readonly error: string;
  /** Digest of the files that answer; null of a version that doesn't. */
  readonly digest: string | null;
}

/** Told of what happens to versions. */
export interface CatalogListener {
  loaded(version: FoundVersion): void;
  unloaded(version: FoundVersion): void;
  failed(version: FoundVersion, error: unknown): void;
}

interface Failure extends FoundVersion {
  readonly error: string;
  readonly atMs: number;
}

/**
 * The models below a directory, each by its highest version that is whole and loads. While a new version loads, the old
 * one answers; it is let go once the new one does.
 */
export class Catalog implements AsyncDisposable {
  readonly #base: string;
  readonly #listener: CatalogListener;
  readonly #serving = new Map<string, LoadedVersion>();
  readonly #loading = new Map<string, FoundVersion>();
  /** By directory. */
  readonly #failures = new Map<string, Failure>();
  readonly #stop = new AbortController();
  #polling: Promise<void> = Promise.resolve();
  #ready = false;

  constructor(base: string, listener: CatalogListener) {
    this.#base = base;
    this.#listener = listener;
  }

  /** Looks for versions now, and every so many milliseconds from then on, until disposed of. */
  start(pollMs: number): void {
    this.#polling = this.#poll(pollMs);
  }

  async #poll(pollMs: number): Promise<void> {
    do await this.refresh();
    while (await sleep(pollMs, true, { signal: this.#stop.signal }).catch(() => false));
  }

  /** Whether it has looked once. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Looks once: loads what is new and lets go of what is old or gone. */
  async refresh(): Promise<void> {
    const found = await findVersions(this.#base);
    this.#forgetFailures(found);
    for (const model of this.#serving.keys()) if (!found.has(model)) this.#swap(model, undefined);
    for (const [model, versions] of found) await this.#bringUp(model, versions);
    this.#ready = true;
  }

  async #bringUp(model: string, versions: readonly FoundVersion[]): Promise<void> {
    const current = this.#serving.get(model);
    for (const version of versions) {
      if (current?.directory === version.directory && current.stamp === version.stamp) return;
      if (this.#failedLately(version)) continue;
      const loaded = await this.#load(version);
      if (loaded !== undefined) return this.#swap(model, loaded);
    }
    // None of those that are there loads: what still answers goes on, unless its own directory is gone.
    if (!versions.some(({ directory }) => directory === current?.directory)) this.#swap(model, undefined);
  }

  async #load(version: FoundVersion): Promise<LoadedVersion | undefined> {
    this.#loading.set(version.model, version);
    try {
      const serving = await loadServingModel(version.directory);
      return { ...version, serving, digest: await payloadDigest(version.directory).catch(() => null) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const known = this.#failures.get(version.directory);
      this.#failures.set(version.directory, { ...version, error: message, atMs: performance.now() });
      if (known?.stamp !== version.stamp || known.error !== message) this.#listener.failed(version, error);
      return undefined;
    } finally {
      this.#loading.delete(version.model);
    }
  }

  #failedLately({ directory, stamp }: FoundVersion): boolean {
    const failure = this.#failures.get(directory);
    return failure?.stamp === stamp && performance.now() - failure.atMs < retryAfterMs;
  }

  #forgetFailures(found: ReadonlyMap<string, readonly FoundVersion[]>): void {
    const there = new Set([...found.values()].flat().map(({ directory }) => directory));
    for (const directory of this.#failures.keys()) if (!there.has(directory)) this.#failures.delete(directory);
  }

  #swap(model: string, next: LoadedVersion | undefined): void {
    const old = this.#serving.get(model);
    if (next === undefined) this.#serving.delete(model);
    else {
      this.#serving.set(model, next);
      this.#failures.delete(next.directory);
      this.#listener.loaded(next);
    }
    if (old === undefined) return;
    old.serving.dispose();
    this.#listener.unloaded(old);
  }

  /** Names of the models that answer. */
  get models(): readonly string[] {
    return [...this.#serving.keys()].sort();
  }

  /**
   * The version of a model that answers.
   * @throws {RestError} 404: none, or not the one asked for.
   */
  version(model: string, version?: string): LoadedVersion {
    const loaded = this.#serving.get(model);
    if (loaded === undefined || (version !== undefined && version !== loaded.version)) {
      throw servableNotFound(model, version);
    }
    return loaded;
  }

  /**
   * All that is known of a model's versions, newest first.
   * @throws {RestError} 404: nothing.
   */
  statuses(model: string, version?: string): VersionStatus[] {
    const loaded = this.#serving.get(model);
    const loading = this.#loading.get(model);
    const failed = [...this.#failures.values()].filter((failure) => failure.model === model);
    const statuses = new Map<string, VersionStatus>();
    for (const failure of failed) statuses.set(failure.version, statusOf(failure, "END", { error: failure.error }));
    if (loading !== undefined) statuses.set(loading.version, statusOf(loading, "LOADING"));
    if (loaded !== undefined) statuses.set(loaded.version, statusOf(loaded, "AVAILABLE", loaded));
    const known = [...statuses.values()].filter((status) => version === undefined || status.version === version);
    if (known.length === 0) throw servableNotFound(model, version);
    return known.sort((a, b) => (BigInt(a.version) < BigInt(b.version) ? 1 : -1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#polling;
    for (const model of this.#serving.keys()) this.#swap(model, undefined);
  }
}

function statusOf(
  { version }: FoundVersion,
  state: VersionStatus["state"],
  { error = "", digest = null }: { readonly error?: string; readonly digest?: string | null } = {},
): VersionStatus {
  return { version, state, error, digest };
}
