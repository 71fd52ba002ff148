import type { ExecutionSucceeded } from "../../contracts/millrace/component/v1/executor.ts";
import type { Completed, Push } from "../../contracts/millrace/event/v1/event.ts";
import type { InputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import { retryBudget } from "../../driver/mod.ts";
import type { PlacedNode, Snapshot } from "../../driver/mod.ts";
import { controlChain, emptyJournal } from "../../journal/mod.ts";
import type { Journal } from "../../journal/mod.ts";
import { failureOf } from "../../executor/mod.ts";
import { newEventId } from "../../log/mod.ts";
import { Cancelled, toMillraceError } from "../../model/mod.ts";
import { withdrawPush, writeJournal } from "../../publisher/mod.ts";
import { readChainFrom, readLastFresh } from "../../projections/mod.ts";
import type { AgentContext } from "./context.ts";
import { mayStillCancel, prepareEffect, settleEffect } from "./effect.ts";
import { endNode } from "./end-node.ts";
import type { Lease } from "./lease.ts";
import { lookUpCache, offerToCache } from "./reuse.ts";
import type { CacheLookup } from "./reuse.ts";
import type { Running, StopReason } from "./running.ts";
import { startExecution } from "./start-execution.ts";

/** What is done about the delivery after a node was run. */
export type NodeEnd =
  | { readonly kind: "done" }
  /** Come again after the delay: a retry, or a claim that must be made anew. */
  | { readonly kind: "later"; readonly delayMs: number }
  /** State has moved: read and decide again. */
  | { readonly kind: "again" }
  /** Someone else owns it, or will: send nothing. */
  | { readonly kind: "drop" };

export interface NodeRun {
  readonly placed: PlacedNode;
  readonly snapshot: Snapshot;
  readonly inputs: readonly InputArtifact[];
  readonly durable: string;
  readonly lease: Lease;
}

/**
 * Runs a node whose inputs are all there: reuse, or claim → work → outcome. Each message is decided from the journal
 * that the one before it made, and none follows a lost race.
 * Source: docs/protocol.md, Claim, work, outcome.
 */
export async function runNode(context: AgentContext, run: NodeRun): Promise<NodeEnd> {
  const lookup = await lookUpCache(context, run.placed, run.snapshot, run.inputs);
  const before = run.snapshot.journals.get(run.placed.node.name) ?? emptyJournal;
  if (lookup.completed) return complete(context, run, before, lookup.completed, lookup);
  return claim(context, run, before, lookup);
}

async function claim(context: AgentContext, run: NodeRun, before: Journal, lookup: CacheLookup): Promise<NodeEnd> {
  const { placed, snapshot, inputs, lease } = run;
  const claimEventId = newEventId();
  const place = placeOf(run);
  if (!lease.valid) return { kind: "drop" };
  const entry = context.running.add({
    claimEventId,
    pipeline: snapshot.pipeline,
    run: snapshot.run,
    node: placed.node.name,
    attempt: before.attempts + 1,
    startedAt: Date.now(),
    lease,
  });
  // Until the claim stands, the journal's last word is someone else's.
  entry.running.ending = true;
  try {
    const claimed = await writeJournal(
      context.log,
      context.subjects,
      place,
      before,
      {
        type: "claim",
        epoch: snapshot.control.state.epoch,
        claim: {
          durable: run.durable,
          triggerSequence: BigInt(lease.delivery.entry.sequence),
          inputs: [...inputs],
          environment: context.environment,
          cacheKey: lookup.key,
          blessedSequence: BigInt(snapshot.blessed.expect),
        },
      },
      claimEventId,
    );
    if (claimed.kind !== "written") {
      context.counts.claimsLost += 1;
      return { kind: "again" };
    }
    context.counts.claimsWon += 1;
    entry.running.ending = false;
    return await hold(context, run, { journal: claimed.journal, running: entry.running, lookup });
  } finally {
    entry.end();
  }
}

interface Held {
  readonly journal: Journal;
  readonly running: Running;
  readonly lookup: CacheLookup;
}

/** From the claim to the outcome, holding the lease. */
async function hold(context: AgentContext, run: NodeRun, held: Held): Promise<NodeEnd> {
  const { snapshot } = run;
  const { running, journal } = held;
  let push: Push | undefined;
  // Staging is private: work may start before control is read, unless it acts outside.
  const { effect: acts } = context.declaration;
  const early = acts === "none" || acts === "bless" ? startWork(context, run, held, undefined) : undefined;
  early?.catch(() => undefined);
  try {
    if ((await cancelRequested(context, snapshot, journal)) && (await mayStillCancel(context, run)))
      running.stop.abort("cancelled" satisfies StopReason);
    running.stop.signal.throwIfAborted();
    const effect = await prepareEffect(context, run, running);
    if (effect.kind === "end") return await complete(context, run, journal, effect.completed, held.lookup);
    if (effect.kind === "drop") return { kind: "drop" };
    push = effect.push;
    const succeeded = await (early ?? startWork(context, run, held, push));
    running.stop.signal.throwIfAborted();
    const settled = await settleEffect(context, run, running, succeeded, push);
    if (settled.kind !== "settled") return settled;
    const completed = completedBy(context, held, succeeded, effect.note);
    return await complete(context, run, journal, completed, held.lookup);
  } catch (thrown) {
    return await fail(context, run, held, thrown, push);
  }
}

function startWork(
  context: AgentContext,
  run: NodeRun,
  { running }: Held,
  push: Push | undefined,
): Promise<ExecutionSucceeded> {
  const { placed, snapshot, inputs } = run;
  const start = startExecution(context.store, snapshot.started, placed.node, inputs, running.attempt);
  return context.executor.execute(
    running.claimEventId,
    { ...start, push },
    {
      signal: running.stop.signal,
      onReport(report) {
        if (report.$case === "progress") running.progress = report.value.fraction;
        if (report.$case === "log")
          context.logger.info({ ...fieldsOf(running), level: report.value.level }, report.value.message);
      },
    },
  );
}

/** Control as of the claim or later: no effect and no Completed before this read. */
async function cancelRequested(
  { log, subjects }: AgentContext,
  snapshot: Snapshot,
  journal: Journal,
): Promise<boolean> {
  const subject = subjects.control(snapshot.pipeline, snapshot.run);
  // `started` is read along because a read that finds nothing at all does not say how far it looked.
  const started = subjects.started(snapshot.pipeline, snapshot.run);
  const last = await readLastFresh(log, [started, subject], journal.head?.sequence ?? 0);
  const control = await readChainFrom(log, controlChain, subject, last.get(subject));
  return control.state.cancelRequested;
}

function completedBy(
  context: AgentContext,
  held: Held,
  succeeded: ExecutionSucceeded,
  note: string | undefined,
): Completed {
  const { outputs, metrics } = succeeded;
  return {
    claimEventId: held.running.claimEventId,
    outputs,
    reused: undefined,
    metrics,
    environment: mergeEnvironment(context, succeeded),
    inputs: [],
    cacheKey: held.lookup.key,
    note: note ?? succeeded.note,
  };
}

function mergeEnvironment({ environment }: AgentContext, { environment: told }: ExecutionSucceeded) {
  return {
    ...environment,
    backend: told?.backend || environment.backend,
    versions: { ...environment.versions, ...told?.versions },
  };
}

async function complete(
  context: AgentContext,
  run: NodeRun,
  journal: Journal,
  completed: Completed,
  lookup: CacheLookup,
): Promise<NodeEnd> {
  const { placed, snapshot } = run;
  const { epoch } = snapshot.control.state;
  markEnding(context, completed.claimEventId);
  const written = await writeJournal(context.log, context.subjects, placeOf(run), journal, {
    type: "complete",
    epoch,
    completed,
  });
  if (written.kind !== "written") return { kind: "again" };
  if (completed.reused) context.counts.reused += 1;
  await Promise.all([
    endNode(context, placed, snapshot, written.journal),
    completed.reused ? undefined : offerToCache(context, placeOf(run), lookup, written.journal),
  ]);
  return { kind: "done" };
}

async function fail(
  context: AgentContext,
  run: NodeRun,
  held: Held,
  thrown: unknown,
  push: Push | undefined,
): Promise<NodeEnd> {
  const { running, journal } = held;
  const stopped = running.stop.signal.aborted ? (running.stop.signal.reason as StopReason) : undefined;
  if (stopped === "superseded") return { kind: "drop" };
  if (stopped === "drained") return { kind: "later", delayMs: 0 };
  const error = toMillraceError(thrown);
  if (error.code === "log-unavailable") {
    running.stop.abort("superseded" satisfies StopReason);
    throw error;
  }
  if (push && error.class === "terminal")
    await withdrawPush(
      context.log,
      context.subjects,
      context.destinationOf(run.placed.node.parametersJson),
      push,
      error.message,
    );
  const { epoch } = run.snapshot.control.state;
  running.ending = true;
  const cancelled = stopped === "cancelled" || error instanceof Cancelled;
  const written = await writeJournal(
    context.log,
    context.subjects,
    placeOf(run),
    journal,
    cancelled
      ? { type: "cancel", epoch, reason: "the run was cancelled" }
      : {
          type: "fail",
          epoch,
          claimEventId: running.claimEventId,
          retryable: error.class === "retryable",
          failure: failureOf(error),
          retry: retryBudget(run.placed.node),
          ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
        },
  );
  if (written.kind !== "written") return { kind: "again" };
  context.logger.warn({ ...fieldsOf(running), code: error.code }, error.message);
  if (written.journal.phase === "retrying")
    return { kind: "later", delayMs: Number(written.journal.failed?.delayMs ?? 0n) };
  await endNode(context, run.placed, run.snapshot, written.journal);
  return { kind: "done" };
}

function markEnding({ running }: AgentContext, claimEventId: string): void {
  const own = running.all.get(claimEventId);
  if (own) own.ending = true;
}

function placeOf({ placed, snapshot }: NodeRun) {
  return { pipeline: snapshot.pipeline, run: snapshot.run, node: placed.node };
}

function fieldsOf({ pipeline, run, node, attempt }: Running) {
  return { pipeline, run, node, attempt };
}
