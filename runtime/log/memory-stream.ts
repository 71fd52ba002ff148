import { randomUUID } from "node:crypto";
import { parseToken } from "../model/mod.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Appended, AppendOptions, LogEntry } from "./log.ts";
import { MemoryDurable } from "./memory-durable.ts";
import { subjectMatcher } from "./subject-filter.ts";

export interface MemoryStreamOptions {
  /** First token of every subject; default `mr`. */
  readonly namespace?: string;
  readonly clock?: Clock;
}

/**
 * What a nats-server would hold: the messages and the durable consumers of one stream, in this process's memory.
 * Any number of MemoryLogs may be connected to it, and each may vanish without harm to it.
 */
export class MemoryStream {
  readonly namespace: string;
  readonly clock: Clock;
  /** Names this stream among others of the same namespace, as a server's time of creation does. */
  readonly created = randomUUID();
  readonly #entries: LogEntry[] = [];
  readonly #lastOfSubject = new Map<string, LogEntry>();
  readonly #durables = new Map<string, MemoryDurable>();
  readonly #watchers = new Set<() => void>();

  constructor(options: MemoryStreamOptions = {}) {
    this.namespace = parseToken("namespace", options.namespace ?? "mr");
    this.clock = options.clock ?? systemClock;
  }

  get lastSequence(): number {
    return this.#entries.length;
  }

  append(subject: string, data: Uint8Array, options: AppendOptions): Appended {
    const last = this.#lastOfSubject.get(subject)?.sequence ?? 0;
    if (options.expectLastSequence !== undefined && options.expectLastSequence !== last)
      return { kind: "refused", reason: "wrong-sequence" };
    if (options.expectStreamSequence !== undefined && options.expectStreamSequence !== this.#entries.length)
      return { kind: "refused", reason: "wrong-sequence" };
    const sequence = this.#entries.length + 1;
    const headers = new Map(Object.entries(options.headers ?? {}));
    const expected = options.expectLastSequence;
    const entry = { sequence, subject, timeMs: this.clock.epochMs(), headers, data: data.slice(), expected };
    this.#entries.push(entry);
    this.#lastOfSubject.set(subject, entry);
    for (const durable of this.#durables.values()) durable.dispatch();
    for (const wake of this.#watchers) wake();
    return { kind: "appended", sequence };
  }

  /** The last message of a subject, or of all that match a filter. */
  lastOf(filter: string): LogEntry | undefined {
    if (!/[*>]/.test(filter)) return this.#lastOfSubject.get(filter);
    const matches = subjectMatcher([filter]);
    return this.#entries.findLast(({ subject }) => matches(subject));
  }

  /** The last message of each subject that matches a filter. */
  lastOfEach(filter: string): readonly LogEntry[] {
    if (!/[*>]/.test(filter)) return [this.#lastOfSubject.get(filter) ?? []].flat();
    const matches = subjectMatcher([filter]);
    return [...this.#lastOfSubject.values()].filter(({ subject }) => matches(subject));
  }

  get(sequence: number): LogEntry | undefined {
    return this.#entries[sequence - 1];
  }

  /** The first message at or after a sequence that matches; undefined if there is none up to the end. */
  nextMatching(from: number, matches: (subject: string) => boolean): LogEntry | undefined {
    for (let sequence = Math.max(1, from); sequence <= this.#entries.length; sequence++) {
      const entry = this.#entries[sequence - 1];
      if (entry !== undefined && matches(entry.subject)) return entry;
    }
    return undefined;
  }

  /** Calls back after each append until the result is called. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => void this.#watchers.delete(wake);
  }

  /** The durable of that name, made if absent; one that is there keeps its position. */
  durable(name: string, filters: readonly string[], ackWaitMs: number): MemoryDurable {
    const existing = this.#durables.get(name);
    if (existing !== undefined) return existing;
    const durable = new MemoryDurable(this, subjectMatcher(filters), ackWaitMs);
    this.#durables.set(name, durable);
    return durable;
  }
}
