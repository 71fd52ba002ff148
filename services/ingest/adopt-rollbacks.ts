import { setTimeout as sleep } from "node:timers/promises";
import type { ArtifactStore } from "millrace/artifacts";
import { versionRestorer } from "millrace/artifacts";
import { finishRollBack } from "millrace/control";
import { decodeEvent, targetChain } from "millrace/journal";
import type { Log, LogEntry, Subjects } from "millrace/log";
import { foldChain } from "millrace/projections";

/** Wait before the destinations are watched again after that broke, in milliseconds. */
const rewatchDelayMs = 1_000;

export interface AdoptionContext {
  readonly log: Log;
  readonly subjects: Subjects;
  readonly store: ArtifactStore;
  /** Directory that destinations lie below. */
  readonly pushRoot: string;
  /** How long whoever began a rollback may take to finish it, in milliseconds. */
  readonly patienceMs: number;
  readonly onTrouble: (thrown: unknown) => void;
}

/**
 * Finishes rollbacks whose command died on the way: every replica watches, and does it again harmlessly.
 * Source: docs/protocol.md, Rolling back.
 */
export function adoptRollbacks(context: AdoptionContext): AsyncDisposable {
  const stopping = new AbortController();
  const watching = watch(context, stopping.signal);
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await watching;
    },
  };
}

async function watch(context: AdoptionContext, signal: AbortSignal): Promise<void> {
  const { log, subjects, onTrouble } = context;
  const waiting = new Set<Promise<void>>();
  let from = 1;
  while (!signal.aborted) {
    try {
      for await (const entry of log.follow([subjects.filters.targets], { from, signal })) {
        from = entry.sequence + 1;
        const destination = destinationOf(entry);
        if (destination === undefined) continue;
        const adoption = adoptLater(context, entry, destination, signal).finally(() => waiting.delete(adoption));
        waiting.add(adoption);
      }
    } catch (thrown) {
      if (!signal.aborted) onTrouble(thrown);
      await sleep(rewatchDelayMs, undefined, { signal }).catch(() => undefined);
    }
  }
  await Promise.all(waiting);
}

/** The destination of a rollback that a message intends; undefined if it is another message. */
function destinationOf({ data }: LogEntry): string | undefined {
  const body = decodeEvent(data)?.body;
  return body?.$case === "pushIntended" && body.value.push?.restoredVersion !== undefined
    ? body.value.destination
    : undefined;
}

async function adoptLater(
  { log, store, pushRoot, patienceMs, onTrouble }: AdoptionContext,
  { subject, sequence, timeMs }: LogEntry,
  destination: string,
  signal: AbortSignal,
): Promise<void> {
  const restorer = versionRestorer(store, pushRoot);
  let delayMs = Math.max(0, timeMs + patienceMs - log.clock.epochMs());
  while (await sleep(delayMs, true, { signal, ref: false }).catch(() => false)) {
    try {
      const { state } = await foldChain(log, targetChain, subject);
      const intent = state.open.find(({ version }) => version === BigInt(sequence));
      if (intent) await finishRollBack(log, restorer, { subject, destination, intent });
      return;
    } catch (thrown) {
      onTrouble(thrown);
      delayMs = patienceMs;
    }
  }
}
