import type { ExecutionSucceeded, StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import type { Push } from "../../contracts/millrace/event/v1/event.ts";
import type { Snapshot } from "../../driver/mod.ts";
import { controlChain } from "../../journal/mod.ts";
import type { Control, Journal } from "../../journal/mod.ts";
import { readChainFrom, readLastFresh } from "../../projections/mod.ts";
import type { AgentContext } from "./context.ts";
import { mayStillCancel, prepareEffect, settleEffect } from "./effect.ts";
import { complete, completedBy, fail } from "./end-claim.ts";
import type { Held, NodeEnd, NodeRun } from "./node-run.ts";
import { cancel, type Running } from "./running.ts";
import { startExecution } from "./start-execution.ts";

/**
 * From the claim to the outcome. Control is read behind the claim, and no effect outside and no Completed goes before
 * that read; staging is private, so work without effects has begun meanwhile.
 * Source: docs/protocol.md, Claim, work, outcome (3).
 */
export async function holdClaim(context: AgentContext, run: NodeRun, held: Held): Promise<NodeEnd> {
  const { running, journal } = held;
  const { effect: acts } = context.declaration;
  const start = startExecution(context.store, run.snapshot.started, run.placed.node, run.inputs, running.attempt);
  const early = acts === "none" || acts === "bless" ? startWork(context, running, start) : undefined;
  let push: Push | undefined;
  try {
    const { cancelRequested, cancelReason } = await controlBehind(context, run.snapshot, journal);
    if (cancelRequested && (await mayStillCancel(context, run))) cancel(running, cancelReason);
    running.stop.signal.throwIfAborted();
    const effect = await prepareEffect(context, run, running);
    if (effect.kind === "end") return await complete(context, run, journal, effect.completed, held.lookup);
    if (effect.kind === "drop") return { kind: "drop" };
    push = effect.push;
    const succeeded = await (early ?? startWork(context, running, { ...start, push }));
    running.stop.signal.throwIfAborted();
    const settled = await settleEffect(context, run, running, succeeded, push);
    if (settled.kind !== "settled") return settled;
    return await complete(context, run, journal, completedBy(context, held, succeeded, effect.note), held.lookup);
  } catch (thrown) {
    return await fail(context, run, held, thrown, push);
  }
}

/** Starts the executor's work. Whoever started it may not be waiting when it fails, so that is never unhandled. */
export function startWork(context: AgentContext, running: Running, start: StartExecution): Promise<ExecutionSucceeded> {
  const { pipeline, run, node, attempt, claimEventId } = running;
  const work = context.executor.execute(claimEventId, start, {
    signal: running.stop.signal,
    onReport(report) {
      if (report.$case === "progress") running.progress = report.value.fraction;
      if (report.$case === "log")
        context.logger.info({ pipeline, run, node, attempt, executor: report.value.level }, report.value.message);
    },
  });
  work.catch(() => undefined);
  return work;
}

/** Control as of the claim or later. `started` is read along: a read that finds nothing does not say how far it looked. */
async function controlBehind(
  { log, subjects }: AgentContext,
  { pipeline, run }: Snapshot,
  journal: Journal,
): Promise<Control> {
  const subject = subjects.control(pipeline, run);
  const last = await readLastFresh(log, [subjects.started(pipeline, run), subject], journal.head?.sequence ?? 0);
  const control = await readChainFrom(log, controlChain, subject, last.get(subject));
  return control.state;
}
