import { chainFromLast, emptyChain, emptyJournal, evolve, fromLast, stepChain } from "../journal/mod.ts";
import type { Chain, ChainKind, Journal } from "../journal/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";
import { Retryable } from "../model/mod.ts";

/** A journal from its last message, or from all of them if a stranger wrote the last. */
export async function readJournalFrom(log: Log, subject: string, last: LogEntry | undefined): Promise<Journal> {
  if (last === undefined) return emptyJournal;
  const journal = fromLast(last);
  if (journal) return journal;
  let folded = emptyJournal;
  for await (const entry of log.read([subject], { to: last.sequence })) folded = evolve(folded, entry);
  return folded;
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

/** A chain from all its messages. */
export async function foldChain<State>(
  log: Log,
  kind: ChainKind<State>,
  subject: string,
  to?: number,
): Promise<Chain<State>> {
  let chain = emptyChain(kind);
  for await (const entry of log.read([subject], to === undefined ? {} : { to })) chain = stepChain(kind, chain, entry);
  return chain;
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
