import type { ExecutionSucceeded, StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import type { Push } from "../../contracts/millrace/event/v1/event.ts";
import type { AgentContext } from "./context.ts";
import { mayStillCancel, prepareEffect, settleEffect } from "./effect.ts";
import { complete, completedBy, fail } from "./end-claim.ts";
import { endOfWork } from "./end-of-work.ts";
import type { Held, NodeEnd, NodeRun } from "./node-run.ts";
import { cancel, type Running } from "./running.ts";
import { startExecution } from "./start-execution.ts";
import { limitTime, type TimeLimit } from "./time-limit.ts";

/**
 * From the claim to the outcome. What is read behind the claim comes before any effect outside and any outcome; staging
 * is private, so work without effects has begun meanwhile.
 * Source: docs/protocol.md, Claim, work, outcome (3).
 */
export async function holdClaim(context: AgentContext, run: NodeRun, held: Held): Promise<NodeEnd> {
  const { running } = held;
  const { effect: acts } = context.declaration;
  const start = startExecution(context.store, run.snapshot.started, run.placed.node, run.inputs, running.attempt);
  const early = acts === "none" || acts === "bless" ? startWork(context, running, start) : undefined;
  let push: Push | undefined;
  let limit: TimeLimit | undefined;
  try {
    const { journal, control } = await held.behind;
    if (journal.claim?.eventId !== running.claimEventId) {
      running.stop.abort("superseded");
      return { kind: "drop" };
    }
    limit = limitTime(context.log.clock, run.placed, running, journal);
    if (control.cancelRequested && (await mayStillCancel(context, run))) cancel(running, control.cancelReason);
    running.stop.signal.throwIfAborted();
    const effect = await prepareEffect(context, run, running);
    if (effect.kind === "end") return await complete(context, run, journal, effect.completed, held.lookup);
    if (effect.kind === "drop") return { kind: "drop" };
    push = effect.push;
    const succeeded = await endOfWork(context, running, early ?? startWork(context, running, { ...start, push }));
    running.stop.signal.throwIfAborted();
    const settled = await settleEffect(context, run, running, succeeded, push);
    if (settled.kind !== "settled") return settled;
    return await complete(context, run, journal, completedBy(context, held, succeeded, effect.note), held.lookup);
  } catch (thrown) {
    return await fail(context, run, held, thrown, { push, ...(limit && { limit }) });
  } finally {
    limit?.[Symbol.dispose]();
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
