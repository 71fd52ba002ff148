import { mkdir, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ArtifactStore, Staging } from "../artifacts/mod.ts";
import type { Payload } from "../contracts/millrace/history/v1/history.ts";
import { hexOf } from "../model/mod.ts";
import { openHistory } from "./read-history.ts";

/**
 * Puts the payloads of a checked history into a store. What is there already is left alone.
 * @returns How many were put there.
 */
export async function importPayloads(file: string, store: ArtifactStore): Promise<number> {
  const { items } = await openHistory(file);
  let written = 0;
  let current: PayloadWriter | undefined;
  try {
    for await (const { value } of items) {
      if (value.$case === "chunk") {
        await current?.write(value.value.data);
        continue;
      }
      await current?.commit();
      current = undefined;
      if (value.$case !== "payload" || (await store.has(value.value.digest))) continue;
      current = await PayloadWriter.begin(store, value.value);
      written += 1;
    }
    await current?.commit();
    current = undefined;
    return written;
  } finally {
    await current?.discard();
  }
}

/** Writes the chunks of one payload into a staging directory of the store. */
class PayloadWriter {
  readonly #store: ArtifactStore;
  readonly #staging: Staging;
  readonly #payload: Payload;
  #entry = 0;
  #left = 0n;
  #file: FileHandle | undefined;

  private constructor(store: ArtifactStore, staging: Staging, payload: Payload) {
    this.#store = store;
    this.#staging = staging;
    this.#payload = payload;
  }

  static async begin(store: ArtifactStore, payload: Payload): Promise<PayloadWriter> {
    const staging = await store.stage(`import-${hexOf(payload.digest).slice(0, 32)}`, "payload");
    const writer = new PayloadWriter(store, staging, payload);
    await writer.#next();
    return writer;
  }

  async write(data: Uint8Array): Promise<void> {
    await this.#file?.writeFile(data);
    this.#left -= BigInt(data.length);
    if (this.#left > 0n) return;
    this.#entry += 1;
    await this.#next();
  }

  /** The type is the log's to say. */
  async commit(): Promise<void> {
    await this.#store.commit(this.#staging, { type: "Imported" });
  }

  async discard(): Promise<void> {
    await this.#file?.close();
    await this.#store.discard(this.#staging);
  }

  /** Opens the next file that has bytes; those that have none are made on the way. */
  async #next(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    for (let entry = this.#at(); entry !== undefined; entry = this.#at()) {
      const place = join(this.#staging.path, entry.path);
      await mkdir(dirname(place), { recursive: true });
      const file = await open(place, "wx");
      this.#left = entry.bytes;
      if (entry.bytes > 0n) {
        this.#file = file;
        return;
      }
      await file.close();
      this.#entry += 1;
    }
  }

  #at() {
    return this.#payload.manifest?.entries[this.#entry];
  }
}
