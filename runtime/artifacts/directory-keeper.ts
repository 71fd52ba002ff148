import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import type { Leftovers, StoredArtifact, StoreKeeper, TrashBatch } from "../control/mod.ts";
import { isDigest } from "../model/mod.ts";
import { changedMsOf, namesIn, sizeOf } from "./disk-usage.ts";
import { isAt, manifestFile, placeOfDigest, placeOfHex, renamed } from "./place.ts";
import { isAlive, processName } from "./process-name.ts";
import { removeIfEmpty, sweepStaging } from "./staging-sweep.ts";
import { storeError } from "./store-error.ts";
import { batchNames, bringBack, isInTrash, placeInBatch, takeAway, trashDirectory } from "./trash.ts";

/** A batch whose maker's machine can't be asked is taken over when it has not changed for so long. */
const abandonedMs = 3_600_000;

/** Prefix of a batch that is not sealed; its maker's process follows. */
const openPrefix = "open-";

const sealedPattern = /^(\d+)-(\d+)-[0-9a-f-]+$/;
const manifestEnding = ".manifest.json";

/**
 * Keeps a directory of artifacts clean. Trash is in `trash/<batch>/`, on the same file system, so that taking an
 * artifact away and bringing it back are renames. A batch's name says how far its maker came: `open-<process>` while
 * artifacts are being taken, `<ms>-<sequence>-<random>` once sealed; taking a batch over renames it, so that it has
 * one owner.
 */
export class DirectoryKeeper implements StoreKeeper {
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  async *stored(): AsyncIterable<StoredArtifact> {
    for (const shard of namesIn(`${this.root}/sha256`)) {
      const names = namesIn(`${this.root}/sha256/${shard}`);
      for (const hex of new Set(names.map((name) => name.replace(manifestEnding, "")))) {
        const digest = `sha256:${hex}`;
        const whole = isAt(placeOfHex(this.root, hex));
        // What is just being taken away is somebody's already.
        if (!isDigest(digest) || (!whole && isInTrash(this.root, digest))) continue;
        yield { digest, whole, changedMs: this.#changedMs(hex) };
      }
    }
  }

  async bytesOf(digest: string): Promise<number> {
    const places = [
      placeOfDigest(this.root, digest),
      ...batchNames(this.root).map((batch) => placeInBatch(this.root, batch, digest)),
    ];
    return sizeOf(places.find((place) => existsSync(place)) ?? "");
  }

  async inTrash(): Promise<{ readonly artifacts: number; readonly bytes: number }> {
    const batches = batchNames(this.root).map((name) => this.#digestsIn(name));
    return { artifacts: batches.flat().length, bytes: sizeOf(trashDirectory(this.root)) };
  }

  async discard(digests: readonly string[]): Promise<TrashBatch> {
    const name = openName();
    return this.#guarded("move artifacts to the trash of", () => {
      mkdirSync(`${trashDirectory(this.root)}/${name}`, { recursive: true });
      for (const digest of digests) takeAway(this.root, name, digest);
      return { name, digests: this.#digestsIn(name), sealed: undefined };
    });
  }

  async seal(batch: TrashBatch, atMs: number, sequence: number): Promise<TrashBatch> {
    return this.#guarded("seal the trash of", () => {
      const sealed = { atMs, sequence };
      const [taken] = this.#taken(batch.name, sealedName(sealed), sealed);
      // Someone on another machine, who can't tell that this process is alive, has taken it over: it is theirs now.
      return taken ?? { name: batch.name, digests: [], sealed };
    });
  }

  async takeOver(): Promise<readonly TrashBatch[]> {
    return this.#guarded("look into the trash of", () =>
      batchNames(this.root).flatMap((name) => {
        const [, atMs, sequence] = sealedPattern.exec(name) ?? [];
        if (atMs === undefined) return this.#isAbandoned(name) ? this.#taken(name, openName(), undefined) : [];
        const sealed = { atMs: Number(atMs), sequence: Number(sequence) };
        return this.#taken(name, sealedName(sealed), sealed);
      }),
    );
  }

  async putBack(batch: TrashBatch, digest: string): Promise<boolean> {
    return this.#guarded("bring an artifact back in", () => bringBack(this.root, batch.name, digest));
  }

  async empty(batch: TrashBatch, digest: string): Promise<number | undefined> {
    return this.#guarded("empty the trash of", () => {
      const away = placeInBatch(this.root, batch.name, digest);
      if (!existsSync(this.#directory(batch.name))) return undefined;
      const bytes = sizeOf(away);
      rmSync(manifestFile(away), { force: true });
      // Renamed first, so that nobody brings back what is half deleted.
      const doomed = `${away}.doomed`;
      renamed(away, doomed);
      rmSync(doomed, { recursive: true, force: true });
      removeIfEmpty(this.#directory(batch.name));
      return bytes;
    });
  }

  async sweepStaging(options: Parameters<StoreKeeper["sweepStaging"]>[0]): Promise<Leftovers> {
    return this.#guarded("sweep the staging of", () => sweepStaging(`${this.root}/staging`, options));
  }

  #isAbandoned(name: string): boolean {
    const alive = isAlive(name.slice(openPrefix.length));
    return alive === undefined ? changedMsOf(this.#directory(name)) < Date.now() - abandonedMs : !alive;
  }

  /** Renames a batch, which makes it ours; none if another was faster. */
  #taken(from: string, name: string, sealed: TrashBatch["sealed"]): readonly TrashBatch[] {
    if (!renamed(this.#directory(from), this.#directory(name))) return [];
    const digests = this.#digestsIn(name);
    if (digests.length === 0) removeIfEmpty(this.#directory(name));
    return [{ name, digests, sealed }];
  }

  /** The manifest is written last; of what has none the files tell. */
  #changedMs(hex: string): number {
    const place = placeOfHex(this.root, hex);
    return changedMsOf(manifestFile(place)) || changedMsOf(place);
  }

  #directory(batch: string): string {
    return `${trashDirectory(this.root)}/${batch}`;
  }

  #digestsIn(batch: string): readonly string[] {
    const hexes = namesIn(this.#directory(batch)).map((name) =>
      name.replace(manifestEnding, "").replace(".doomed", ""),
    );
    return [...new Set(hexes)].map((hex) => `sha256:${hex}`).filter(isDigest);
  }

  #guarded<T>(action: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storeError(`${action} ${this.root}`, error);
    }
  }
}

function openName(): string {
  return `${openPrefix}${processName()}-${randomUUID()}`;
}

function sealedName({ atMs, sequence }: NonNullable<TrashBatch["sealed"]>): string {
  return `${atMs}-${sequence}-${randomUUID()}`;
}
