import { firstDifference } from "millrace/artifacts";
import { durableName } from "millrace/component/internal";
import { RunKind } from "millrace/contracts/millrace/event/v1/event.ts";
import { announceDataset, judgeReproduction } from "millrace/control";
import { decodeEvent, startedPlan, startOf } from "millrace/journal";
import { defaultAckWaitMs, every, parseSubject } from "millrace/log";
import type { Consumption, Delivery, LogEntry } from "millrace/log";
import { toMillraceError } from "millrace/model";
import type { IngestContext } from "./handle-dataset.ts";

export type DerivedRunsContext = Omit<IngestContext, "roots">;

/** Starts and outcomes handled at once: a comparison may read large files. */
const heldMax = 4;
/** Wait before a message is handled again whose handling failed on the way, in milliseconds. */
const troubleDelayMs = 1_000;
/** Renewals of a delivery within one ack_wait. */
const renewalsPerAckWait = 3;

/**
 * Looks after runs that were derived from others: writes what a caller who died behind a start left out, and compares
 * reproductions that have ended with their originals. Every replica takes part.
 * Source: docs/protocol.md, Runs from runs.
 */
export function consumeDerivedRuns(context: DerivedRunsContext, ackWaitMs = defaultAckWaitMs): Promise<Consumption> {
  const { filters: all } = context.subjects;
  const filters = [all.started, all.outcomes];
  return context.log.consume({
    durable: durableName("ingest-derived", filters),
    filters,
    heldMax,
    ackWaitMs,
    handle: (delivery) => handleDerivedRun(context, delivery, ackWaitMs),
  });
}

/** Handles one start or outcome. Acknowledged last. */
export async function handleDerivedRun(
  context: DerivedRunsContext,
  delivery: Delivery,
  ackWaitMs = defaultAckWaitMs,
): Promise<void> {
  const { entry } = delivery;
  const stopRenewing = every(context.log.clock, ackWaitMs / renewalsPerAckWait, () => delivery.working());
  try {
    await look(context, entry);
    delivery.ack();
  } catch (thrown) {
    const error = toMillraceError(thrown);
    context.logger.error(
      { subject: entry.subject, sequence: entry.sequence, code: error.code, err: error },
      error.message,
    );
    // What will never succeed is said once, and shown by the run: it has no verdict.
    if (error.class === "terminal") delivery.term(error.code);
    else delivery.nak(troubleDelayMs);
  } finally {
    stopRenewing();
  }
}

async function look(context: DerivedRunsContext, entry: LogEntry): Promise<void> {
  const subject = parseSubject(entry.subject);
  // Whoever imports a run brings all of it.
  if (decodeEvent(entry.data)?.importedFrom !== undefined) return;
  const start = subject.kind === "started" ? startOf(entry) : undefined;
  if (start) {
    const { started, eventId } = start;
    const kind = started.options?.kind ?? RunKind.RUN_KIND_UNSPECIFIED;
    if (kind === RunKind.RUN_KIND_UNSPECIFIED) return;
    const cause = { sequence: BigInt(entry.sequence), eventId };
    await announceDataset(context.log, await context.plans.load(startedPlan(started)), started, cause);
    return;
  }
  if (subject.kind === "outcome") await judge(context, subject, entry);
}

async function judge(
  { log, plans, store, logger }: DerivedRunsContext,
  { pipeline, run }: { readonly pipeline: string; readonly run: string },
  outcome: LogEntry,
): Promise<void> {
  const judging = {
    log,
    plans,
    firstDifference: (was: { digest: string }, is: { digest: string }) => firstDifference(store, was.digest, is.digest),
  };
  const verdict = await judgeReproduction(judging, { pipeline, run }, outcome);
  if (verdict === undefined) return;
  const { originalRun, reproduced } = verdict;
  logger.info({ pipeline, run, originalRun, reproduced }, reproduced ? "reproduced a run" : "a reproduction diverged");
}
