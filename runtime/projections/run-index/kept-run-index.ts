import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log, LogEntry } from "../../log/mod.ts";
import { canonicalJson, digestOf, hexOf } from "../../model/mod.ts";
import type { Derived } from "../derived.ts";
import { digestOfEntry } from "../kept/entry-digest.ts";
import { readSnapshot, writeSnapshot } from "../kept/snapshot-file.ts";
import type { Snapshot } from "../kept/snapshot-file.ts";
import { parseRows, rowText, rowTextVersion } from "./row-text.ts";
import { RunIndex } from "./run-index.ts";

/** A snapshot is kept anew once this many messages came after it: to fold fewer takes a few milliseconds. */
const tailMax = 2_000;

/**
 * The index of runs, kept in a directory between processes. It is a cache of the log: what is there is used only if
 * the log holds the very message it ends with, and then only what came since is folded. Any number of processes may
 * share the directory.
 */
export class KeptRunIndex implements Derived {
  readonly what = "index of runs";
  readonly #log: Log;
  readonly #directory: string;

  /** @param directory Made when it is needed. */
  constructor(log: Log, directory: string) {
    this.#log = log;
    this.#directory = directory;
  }

  /** The index at a sequence or later, at most the log's last: it answers for every moment before. */
  async at(to: number): Promise<RunIndex> {
    const index = indexOf(await this.snapshot());
    const before = index.sequence;
    const last = await this.#bring(index, to);
    if (last !== undefined && (before === 0 || index.sequence - before >= tailMax)) await this.#keep(index, last);
    return index;
  }

  /** The index at a sequence or not much before, in lines: for who needs but some of its runs. */
  async recent(to: number): Promise<Snapshot> {
    const kept = await this.snapshot();
    if (kept !== undefined && to - kept.key.sequence < tailMax) return kept;
    const index = indexOf(kept);
    return await this.#keep(index, await this.#bring(index, to));
  }

  /** What is kept, if it is of this log and whole. */
  async snapshot(): Promise<Snapshot | undefined> {
    const created = await this.#log.created();
    const kept = await readSnapshot(this.#file(created));
    if (kept === undefined || kept.key.created !== created) return undefined;
    const last = await this.#log.get(kept.key.sequence);
    return last !== undefined && digestOfEntry(last) === kept.key.lastDigest ? kept : undefined;
  }

  async digest(to: number): Promise<string> {
    const index = await this.at(to);
    return digestOf(canonicalJson(index.list(to, 0)));
  }

  async drop(): Promise<void> {
    await rm(this.#file(await this.#log.created()), { force: true });
  }

  async build(to: number): Promise<void> {
    const index = new RunIndex();
    await this.#keep(index, await this.#bring(index, to));
  }

  /** Folds what came after an index up to a sequence. @returns the last message of it. */
  async #bring(index: RunIndex, to: number): Promise<LogEntry | undefined> {
    let last: LogEntry | undefined;
    if (index.sequence >= to) return last;
    // All messages, for the server gives them faster than it filters them, and what is kept must be without a gap.
    for await (const entry of this.#log.read([], { from: index.sequence + 1, to })) {
      index.fold(entry);
      last = entry;
    }
    return last;
  }

  /** @param last The message that the index ends with; without one there is nothing new to keep. */
  async #keep(index: RunIndex, last: LogEntry | undefined): Promise<Snapshot> {
    const created = await this.#log.created();
    const lastDigest = last === undefined ? "" : digestOfEntry(last);
    const snapshot = {
      key: { created, sequence: index.sequence, lastDigest },
      lines: index.rows.map(rowText).join(""),
    };
    if (last !== undefined) await writeSnapshot(this.#file(created), snapshot);
    return snapshot;
  }

  #file(created: string): string {
    const stream = hexOf(digestOf(`${this.#log.namespace} ${created}`)).slice(0, 16);
    return join(this.#directory, `runs-${rowTextVersion}-${stream}.snapshot`);
  }
}

function indexOf(kept: Snapshot | undefined): RunIndex {
  return kept === undefined ? new RunIndex() : new RunIndex(parseRows(kept.lines), kept.key.sequence);
}
