import type { Log } from "../log/mod.ts";
import { canonicalJson, digestOf } from "../model/mod.ts";
import { listArtifacts } from "./artifacts.ts";
import type { Derived } from "./derived.ts";
import { readLineage } from "./lineage.ts";
import type { ReadAt } from "./read-at.ts";
import type { KeptRunIndex } from "./run-index/kept-run-index.ts";
import { listRuns } from "./runs.ts";

/**
 * What people are shown of the whole log, as things to rebuild: before by way of what is kept, after by the log alone.
 * @param kept The index of runs that readers go by.
 * @param uriOf Where an artifact's files are, as a URI.
 */
export function shownViews(log: Log, kept: KeptRunIndex, uriOf: (digest: string) => string): readonly Derived[] {
  return [
    new ShownView("list of runs", kept, (at) => listRuns(log, 0, at)),
    new ShownView("list of artifacts", kept, (at) => listArtifacts(log, uriOf, at)),
    new ShownView("lineage", kept, (at) => readLineage(log, "", uriOf, at)),
  ];
}

/** Folded for whoever asks, with the help of what is kept until that is dropped. */
class ShownView implements Derived {
  readonly what: string;
  readonly #read: (at: ReadAt) => Promise<unknown>;
  #kept: KeptRunIndex | undefined;

  constructor(what: string, kept: KeptRunIndex, read: (at: ReadAt) => Promise<unknown>) {
    this.what = what;
    this.#kept = kept;
    this.#read = read;
  }

  async digest(to: number): Promise<string> {
    const help = this.#kept === undefined ? {} : { kept: this.#kept };
    return digestOf(canonicalJson(await this.#read({ to, ...help })));
  }

  async drop(): Promise<void> {
    this.#kept = undefined;
  }

  /** Nothing of it is kept. */
  async build(): Promise<void> {}
}
