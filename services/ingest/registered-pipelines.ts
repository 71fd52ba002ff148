import { chainFromLast, emptyChain, pipelineChain, stepChain } from "millrace/journal";
import type { Registration } from "millrace/journal";
import type { Log, LogEntry, Subjects } from "millrace/log";

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

/** The last message of every pipeline's subject. */
async function lastRegistrations(log: Log, subjects: Subjects): Promise<readonly LogEntry[]> {
  const last = new Map<string, LogEntry>();
  for await (const entry of log.read([subjects.filters.pipelines])) last.set(entry.subject, entry);
  return [...last.values()];
}

async function registrationBelow(log: Log, last: LogEntry, sequence: number): Promise<Registration | undefined> {
  const current = chainFromLast(pipelineChain, last);
  if (current && last.sequence < sequence) return current.state;
  let chain = emptyChain(pipelineChain);
  for await (const entry of log.read([last.subject], { to: sequence - 1 }))
    chain = stepChain(pipelineChain, chain, entry);
  return chain.state;
}
