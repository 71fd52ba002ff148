import type { ExecutionSucceeded } from "../../contracts/millrace/component/v1/executor.ts";
import type { Completed, ExecutionEnvironment, Push } from "../../contracts/millrace/event/v1/event.ts";
import { cancelSentence, retryBudgetFor } from "../../driver/mod.ts";
import type { PlacedNode } from "../../driver/mod.ts";
import { failureOf } from "../../executor/mod.ts";
import type { Journal } from "../../journal/mod.ts";
import type { JournalCommand, RetryBudget } from "../../journal/mod.ts";
import { Cancelled, Retryable, toMillraceError } from "../../model/mod.ts";
import type { MillraceError } from "../../model/mod.ts";
import { withdrawPush, writeJournal } from "../../publisher/mod.ts";
import type { AgentContext } from "./context.ts";
import { endNode } from "./end-node.ts";
import { placeOf } from "./node-run.ts";
import type { Held, NodeEnd, NodeRun } from "./node-run.ts";
import { offerToCache } from "./reuse.ts";
import type { CacheLookup } from "./reuse.ts";
import { type Running, stopReasonOf } from "./running.ts";
import { attemptTimeout, nodeTimeout, type TimeLimit } from "./time-limit.ts";

/** The outcome of work that succeeded under a claim. */
export function completedBy(
  { environment }: AgentContext,
  { running, lookup }: Held,
  { outputs, metrics, note, environment: told }: ExecutionSucceeded,
  noteInstead: string | undefined,
): Completed {
  return {
    claimEventId: running.claimEventId,
    outputs,
    reused: undefined,
    metrics,
    environment: told ? environmentWith(environment, told) : environment,
    inputs: [],
    cacheKey: lookup.key,
    note: noteInstead ?? note,
  };
}

function environmentWith(own: ExecutionEnvironment, told: ExecutionEnvironment): ExecutionEnvironment {
  return { ...own, backend: told.backend || own.backend, versions: { ...own.versions, ...told.versions } };
}

/**
 * Writes a node's outcome, all outputs in one message; then, all at once, what follows from it: fan-out, cache entry,
 * the run's end.
 */
export async function complete(
  context: AgentContext,
  run: NodeRun,
  journal: Journal,
  completed: Completed,
  lookup: CacheLookup,
): Promise<NodeEnd> {
  const place = placeOf(run);
  const own = context.running.all.get(completed.claimEventId);
  if (own) own.ending = true;
  const command = { type: "complete", epoch: run.snapshot.control.state.epoch, completed } as const;
  const written = await writeJournal(context.log, context.subjects, place, journal, command);
  if (written.kind !== "written") return { kind: "again" };
  if (completed.reused) context.counts.reused += 1;
  await Promise.all([
    endNode(context, run.placed, run.snapshot, written.journal),
    completed.reused ? undefined : offerToCache(context, place, lookup, written.journal),
  ]);
  return { kind: "done" };
}

/**
 * Ends a claim whose work did not succeed: failed, cancelled, or let go of. Work that was superseded or drained writes
 * nothing: the claim is someone else's to end.
 */
export async function fail(
  context: AgentContext,
  run: NodeRun,
  held: Held,
  thrown: unknown,
  { push, limit }: FailedWork = {},
): Promise<NodeEnd> {
  const { running } = held;
  const stopped = stopReasonOf(running);
  if (stopped === "superseded") return { kind: "drop" };
  if (stopped === "drained") return { kind: "later", delayMs: 0 };
  const error = errorOf(run, running, thrown);
  if (error.code === "log-unavailable") {
    running.stop.abort("superseded");
    throw error;
  }
  const journal = await journalBehind(held);
  running.ending = true;
  const timeLeft = limit?.leftAfter(error);
  const command =
    stopped === "cancelled"
      ? cancelCommand(run, running)
      : { ...failCommand(run, running.claimEventId, error), ...(timeLeft && { timeLeft }) };
  const written = await writeJournal(context.log, context.subjects, placeOf(run), journal, command);
  if (written.kind !== "written") return { kind: "again" };
  // Behind the outcome, since a claim that was lost has nothing to take back: whoever holds it now may have adopted it.
  // Work that was stopped in the middle may have acted: its intent stays open, for a resume to finish.
  if (push && error.class === "terminal" && stopped === undefined) await withdraw(context, run, push, error);
  const { pipeline, run: runId, node, attempt } = running;
  context.logger.warn({ pipeline, run: runId, node, attempt, code: error.code }, error.message);
  if (written.journal.phase === "retrying")
    return { kind: "later", delayMs: Number(written.journal.failed?.delayMs ?? 0n) };
  await endNode(context, run.placed, run.snapshot, written.journal);
  return { kind: "done" };
}

/** The journal as read behind the claim. A log that cannot be read leaves the claim to whoever comes next. */
async function journalBehind({ behind, running }: Held): Promise<Journal> {
  try {
    return (await behind).journal;
  } catch (thrown) {
    running.stop.abort("superseded");
    throw thrown;
  }
}

/** What work that failed had to do with. */
export interface FailedWork {
  /** The push that it was to do. */
  readonly push?: Push | undefined;
  readonly limit?: TimeLimit;
}

/** Whatever stopping made the work throw, the reason for stopping is what people need. */
function errorOf({ placed }: NodeRun, running: Running, thrown: unknown): MillraceError {
  const stopped = stopReasonOf(running);
  if (stopped === "attempt-timeout") return attemptTimeout(placed, running);
  if (stopped === "node-timeout") return nodeTimeout(placed, running);
  const error = toMillraceError(thrown);
  return error instanceof Cancelled && stopped === undefined ? stoppedItself(placed, error) : error;
}

/** Work that says it was cancelled when nobody asked: an AbortSignal of its own, or an executor that is going away. */
function stoppedItself({ node }: PlacedNode, error: Cancelled): Retryable {
  return new Retryable("stopped-itself", `${node.name} stopped, and nobody had asked: ${error.message}`, {
    cause: error,
  });
}

/** Only what failed for good has certainly not acted: a crashed pusher's intent stays open for the next claim. */
async function withdraw(
  { log, subjects, destinationOf }: AgentContext,
  { placed }: NodeRun,
  push: Push,
  error: MillraceError,
): Promise<void> {
  await withdrawPush(log, subjects, destinationOf(placed.node.parametersJson), push, error.message);
}

function cancelCommand({ snapshot }: NodeRun, { cancelReason }: Running): JournalCommand {
  return { type: "cancel", epoch: snapshot.control.state.epoch, reason: cancelSentence(cancelReason) };
}

/** A failure in a node's journal, tried again within its budget if the error allows it. */
export function failCommand(
  { placed, snapshot }: NodeRun,
  claimEventId: string,
  error: MillraceError,
  retry: RetryBudget = retryBudgetFor(placed.node, error.code),
): JournalCommand & { type: "fail" } {
  return {
    type: "fail",
    epoch: snapshot.control.state.epoch,
    claimEventId,
    retryable: error.class === "retryable",
    failure: failureOf(error),
    retry,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  };
}
