import { chainFromLast, emptyChain, pipelineChain, stepChain } from "millrace/journal";
import type { Registration } from "millrace/journal";
import { staleRead } from "millrace/log";
import type { Log, LogEntry, Subjects } from "millrace/log";
import { Retryable } from "millrace/model";

/**
 * The pipelines' versions that were registered below a sequence: those that a dataset event there starts.
 * One read of the last registrations in the ordinary case; a chain is folded only if it has moved on since.
 */
export async function registrationsBelow(
  log: Log,
  subjects: Subjects,
  sequence: number,
): Promise<readonly Registration[]> {
  const last = await lastRegistrations(log, subjects);
  const found = await Promise.all(last.map((entry) => registrationBelow(log, entry, sequence)));
  return found.flatMap((registration) => (registration ? [registration] : []));
}

/**
 * The last message of every pipeline's subject, up to the last that the leader has: of a replica that lags an event
 * could miss the pipeline that was registered just before it. In the ordinary case one read that holds nothing else;
 * the history of all registrations where there are more pipelines than one answer takes, or a replica lags.
 * @throws {Retryable} `stale-read`.
 */
async function lastRegistrations(log: Log, subjects: Subjects): Promise<readonly LogEntry[]> {
  const filter = subjects.filters.pipelines;
  const end = (await log.leaderLastOf(filter))?.sequence;
  if (end === undefined) return [];
  const answer = await log.lastOf([filter]).catch(undefinedIfStale);
  if (answer !== undefined && answer.upTo >= end) return [...answer.entries.values()];
  const last = new Map<string, LogEntry>();
  let reached = 0;
  for await (const entry of log.read([filter], { to: end })) {
    last.set(entry.subject, entry);
    reached = entry.sequence;
  }
  if (reached < end) throw staleRead(1, `nothing up to message ${end}`);
  return [...last.values()];
}

function undefinedIfStale(error: unknown): undefined {
  if (error instanceof Retryable && error.code === "stale-read") return undefined;
  throw error;
}

async function registrationBelow(log: Log, last: LogEntry, sequence: number): Promise<Registration | undefined> {
  const current = chainFromLast(pipelineChain, last);
  if (current && last.sequence < sequence) return current.state;
  let chain = emptyChain(pipelineChain);
  let reached = 0;
  for await (const entry of log.read([last.subject], { to: last.sequence })) {
    if (entry.sequence < sequence) chain = stepChain(pipelineChain, chain, entry);
    reached = entry.sequence;
  }
  if (reached < last.sequence) throw staleRead(1, `nothing up to message ${last.sequence}`);
  return chain.state;
}
