import { rm } from "node:fs/promises";
import { join } from "node:path";
import { momentMs } from "../../log/mod.ts";
import type { Log, LogEntry } from "../../log/mod.ts";
import { canonicalJson, digestOf, hexOf } from "../../model/mod.ts";
import type { Derived } from "../derived.ts";
import { digestOfEntry } from "../kept/entry-digest.ts";
import { readSnapshot, writeSnapshot } from "../kept/snapshot-file.ts";
import { TimeIndex } from "./time-index.ts";
import type { TimeLag } from "./time-index.ts";

/** Kept anew once this many messages came after it. */
const tailMax = 2_000;

/** Version of the lines below; another one's are not read. */
const linesVersion = 1;

/**
 * Finds moments of a log by time. Where its times go backwards is folded once and kept in a directory; with that, any
 * moment is a binary search by single messages. It is a cache: used only if the log holds the very message that it
 * ends with.
 */
export class KeptTimes implements Derived {
  readonly what = "index of times";
  readonly #log: Log;
  readonly #directory: string | undefined;

  /** @param directory Made when it is needed; undefined: nothing is kept, and the log is read each time. */
  constructor(log: Log, directory: string | undefined) {
    this.#log = log;
    this.#directory = directory;
  }

  /**
   * The longest prefix of the log whose running maximum of times is not later than a time.
   * @param timeMs Unix epoch milliseconds.
   * @param last The log's last sequence that may count.
   * @returns its last sequence; 0 if the log began later.
   */
  async lastUpTo(timeMs: number, last: number): Promise<number> {
    const index = (await this.#kept()) ?? new TimeIndex();
    if (index.maxMs <= timeMs && index.sequence < last) await this.#bring(index, last);
    const end = Math.min(index.sequence, last);
    return index.sequence <= last && index.maxMs <= timeMs ? end : this.#search(index, timeMs, end);
  }

  async digest(to: number): Promise<string> {
    const index = (await this.#kept()) ?? new TimeIndex();
    await this.#fold(index, to);
    // What is kept may go further; as of an earlier moment it must say the same.
    const lags = index.lags.filter(({ from }) => from <= to);
    return digestOf(canonicalJson(lags.map(({ from, to: end, maxMs }) => [from, Math.min(end, to), maxMs])));
  }

  async drop(): Promise<void> {
    const file = await this.#file();
    if (file !== undefined) await rm(file, { force: true });
  }

  async build(to: number): Promise<void> {
    await this.#bring(new TimeIndex(), to);
  }

  /** Binary search among folded messages; their running maximum never falls. */
  async #search(index: TimeIndex, timeMs: number, end: number): Promise<number> {
    let [low, high] = [0, end];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const entry = await this.#log.get(middle);
      const maxMs = index.maxAt(middle, entry === undefined ? 0 : momentMs(entry));
      if (maxMs <= timeMs) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #bring(index: TimeIndex, to: number): Promise<void> {
    const before = index.sequence;
    const last = await this.#fold(index, to);
    if (last !== undefined && (before === 0 || index.sequence - before >= tailMax)) await this.#keep(index, last);
  }

  async #fold(index: TimeIndex, to: number): Promise<LogEntry | undefined> {
    let last: LogEntry | undefined;
    if (index.sequence >= to) return last;
    for await (const entry of this.#log.read([], { from: index.sequence + 1, to })) {
      index.fold(entry.sequence, momentMs(entry));
      last = entry;
    }
    return last;
  }

  async #kept(): Promise<TimeIndex | undefined> {
    const file = await this.#file();
    const kept = file === undefined ? undefined : await readSnapshot(file);
    if (kept === undefined || kept.key.created !== (await this.#log.created())) return undefined;
    const last = await this.#log.get(kept.key.sequence);
    if (last === undefined || digestOfEntry(last) !== kept.key.lastDigest) return undefined;
    const [head = [], ...lags] = kept.lines
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ").map(Number));
    const parsed = lags.map(([from = 0, to = 0, maxMs = 0]): TimeLag => ({ from, to, maxMs }));
    return new TimeIndex(parsed, kept.key.sequence, head[0] ?? 0);
  }

  async #keep(index: TimeIndex, last: LogEntry): Promise<void> {
    const file = await this.#file();
    if (file === undefined) return;
    const lags = index.lags.map(({ from, to, maxMs }) => `${from} ${to} ${maxMs}\n`);
    await writeSnapshot(file, {
      key: { created: await this.#log.created(), sequence: index.sequence, lastDigest: digestOfEntry(last) },
      lines: `${index.maxMs}\n${lags.join("")}`,
    });
  }

  /** In a directory of its own: snapshots of other streams are counted where they lie. */
  async #file(): Promise<string | undefined> {
    if (this.#directory === undefined) return undefined;
    const stream = hexOf(digestOf(`${this.#log.namespace} ${await this.#log.created()}`)).slice(0, 16);
    return join(this.#directory, "times", `times-${linesVersion}-${stream}.snapshot`);
  }
}
