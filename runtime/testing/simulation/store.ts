import type { ArtifactStore, CommitOptions, ImportOptions, Staging } from "../../artifacts/mod.ts";
import type { Artifact, Manifest } from "../../contracts/millrace/metadata/v1/artifact.ts";
import { digestOf, hexOf, Retryable, Terminal } from "../../model/mod.ts";
import type { SimulatedProcess } from "./process.ts";

/** How the bytes behind an address stand. */
type Held = "whole" | "torn";

/** The shared store: what is committed is text, and its digest is the text's. */
export class SimulatedBytes {
  readonly #held = new Map<string, Held>();
  readonly #texts = new Map<string, string>();
  readonly #lost = new Map<string, number>();

  commit(text: string): string {
    const digest = digestOf(text);
    this.#texts.set(digest, text);
    this.#held.set(digest, "whole");
    return digest;
  }

  /** Half of a commit: the address is there, the bytes are not all. */
  tear(text: string): void {
    const digest = digestOf(text);
    if (!this.#held.has(digest)) this.#held.set(digest, "torn");
  }

  /** Loses one artifact's bytes, as a disk does. @param drawn Which of those that are there. */
  loseOne(drawn: number, atMs: number): void {
    const digests = [...this.#held.keys()];
    const digest = digests[drawn % Math.max(1, digests.length)];
    if (digest !== undefined && this.#held.delete(digest)) this.#lost.set(digest, atMs);
  }

  has(digest: string): boolean {
    return this.#held.get(digest) === "whole";
  }

  /** Every address at which something was ever committed whole. */
  get digests(): Iterable<string> {
    return this.#texts.keys();
  }

  /** Takes a commit back until it is made after all: what a store does that answers first. */
  postpone(digest: string, later: (commit: () => void) => void): void {
    this.#held.delete(digest);
    later(() => this.#held.set(digest, "whole"));
  }

  /** When the disk lost it, in virtual milliseconds, if it did. */
  lostAtMs(digest: string): number | undefined {
    return this.#lost.get(digest);
  }

  textOf(digest: string): string {
    return this.#texts.get(digest) ?? "";
  }
}

/** The text of a staging directory: there are no files here. */
export interface SimulatedStaging extends Staging {
  readonly text: string;
}

/** A process's way to the simulated store. */
export class SimulatedStore implements ArtifactStore {
  readonly #process: SimulatedProcess;
  readonly #bytes: SimulatedBytes;

  constructor(process: SimulatedProcess, bytes: SimulatedBytes) {
    this.#process = process;
    this.#bytes = bytes;
  }

  async stage(executionId: string, output: string): Promise<SimulatedStaging> {
    return { path: `/staging/${executionId}/${output}`, text: "" };
  }

  commit(staging: Staging, options: CommitOptions): Promise<Artifact> {
    return this.#commit("text" in staging ? String(staging.text) : "", options);
  }

  importFile(path: string, options: ImportOptions): Promise<Artifact> {
    return this.#commit(path, options);
  }

  open(digest: string): Promise<string> {
    return this.#process.call(
      "store:open",
      () => {
        if (!this.#bytes.has(digest)) throw new Terminal("artifact-missing", `Cannot open ${digest}: it is not there`);
        return `/artifacts/${hexOf(digest)}`;
      },
      { unavailable: away },
    );
  }

  has(digest: string): Promise<boolean> {
    return this.#process.call("store:has", () => this.#bytes.has(digest), { unavailable: away });
  }

  manifest(digest: string): Promise<Manifest> {
    return this.#process.call(
      "store:manifest",
      () => ({ entries: [{ path: "text", bytes: BigInt(this.#bytes.textOf(digest).length), sha256: hexOf(digest) }] }),
      { unavailable: away },
    );
  }

  uriOf(digest: string): string {
    return `file:///artifacts/${hexOf(digest)}`;
  }

  async discard(): Promise<void> {}

  #commit(text: string, { type, properties = {} }: CommitOptions): Promise<Artifact> {
    return this.#process.call(
      "commit",
      () => ({
        digest: this.#bytes.commit(text),
        type,
        properties: { ...properties },
        bytes: BigInt(text.length),
        files: 1,
      }),
      { unavailable: away, torn: () => this.#bytes.tear(text) },
    );
  }
}

function away(): Error {
  return new Retryable("store-away", "Cannot use the store: it must answer: it did not");
}
