import { chainFromLast, emptyChain, emptyJournal, evolve, fromLast, startOf, stepChain } from "../journal/mod.ts";
import type { Chain, ChainKind, Journal, Start } from "../journal/mod.ts";
import { pause, staleRead } from "../log/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";
import { Retryable } from "../model/mod.ts";

/** A journal from its last message, or from all of them if a stranger wrote the last. */
export async function readJournalFrom(log: Log, subject: string, last: LogEntry | undefined): Promise<Journal> {
  if (last === undefined) return emptyJournal;
  const journal = fromLast(last);
  if (journal) return journal;
  return foldWhole(log, subject, last.sequence, emptyJournal, evolve);
}

/** A chain from its last message, or from all of them if a stranger wrote the last. */
export async function readChainFrom<State>(
  log: Log,
  kind: ChainKind<State>,
  subject: string | undefined,
  last: LogEntry | undefined,
): Promise<Chain<State>> {
  return chainFromLast(kind, last) ?? foldChain(log, kind, subject ?? "", last?.sequence);
}

/**
 * A chain from all its messages, up to one of them, by default to the last that the leader has.
 * @throws {Retryable} `stale-read`: the replica that reads history lags behind the leader, and stays behind.
 */
export async function foldChain<State>(
  log: Log,
  kind: ChainKind<State>,
  subject: string,
  to?: number,
): Promise<Chain<State>> {
  const last = to ?? (await log.leaderLastOf(subject))?.sequence ?? 0;
  return foldWhole(log, subject, last, emptyChain(kind), (chain, entry) => stepChain(kind, chain, entry));
}

/** Reads of a history that must reach a message, and the wait before another one, in milliseconds. */
const wholeReadsMax = 20;
const wholeReadDelayMs = 50;

/** Folds a subject up to a message that is there: a read that ends before it is of a replica that lags. */
async function foldWhole<State extends { readonly expect: number }>(
  log: Log,
  subject: string,
  last: number,
  initial: State,
  step: (state: State, entry: LogEntry) => State,
): Promise<State> {
  if (last === 0) return initial;
  for (let attempt = 0; attempt < wholeReadsMax; attempt++) {
    if (attempt > 0) await pause(log.clock, wholeReadDelayMs);
    let folded = initial;
    for await (const entry of log.read([subject], { to: last })) folded = step(folded, entry);
    if (folded.expect === last) return folded;
  }
  throw staleRead(1, `nothing up to message ${last}`);
}

/**
 * A run's start, from the last message of its subject: nearly always the only one. Otherwise strangers wrote there, and
 * the first that is a start is looked for.
 */
export async function readStart(log: Log, subject: string, last: LogEntry | undefined): Promise<Start | undefined> {
  if (last === undefined) return undefined;
  if (last.expected === 0) return startOf(last);
  for await (const entry of log.read([subject], { to: last.sequence })) {
    const start = startOf(entry);
    if (start !== undefined) return start;
  }
  return undefined;
}

/** Tries of the fast read before the leader is asked, one subject at a time. */
const fastReadsMax = 3;

/**
 * The last messages of exact subjects, at or after a sequence: from any replica that has read so far, else from the
 * leader one by one, in the order given (so put last what must not be older than the rest).
 */
export async function readLastFresh(
  log: Log,
  subjects: readonly string[],
  atLeast: number,
): Promise<ReadonlyMap<string, LogEntry>> {
  for (let attempt = 0; attempt < fastReadsMax; attempt++) {
    const last = await log.lastOf(subjects).catch(undefinedIfStale);
    if (last && last.upTo >= atLeast) return last.entries;
  }
  const entries = new Map<string, LogEntry>();
  for (const subject of subjects) {
    const entry = await log.leaderLastOf(subject);
    if (entry) entries.set(subject, entry);
  }
  return entries;
}

function undefinedIfStale(error: unknown): undefined {
  if (error instanceof Retryable && error.code === "stale-read") return undefined;
  throw error;
}
