import type { Event } from "../../../contracts/millrace/event/v1/event.ts";
import { fromLast, isTerminal } from "../../../journal/mod.ts";
import type { Journal } from "../../../journal/mod.ts";
import { retryBudget } from "../../../driver/mod.ts";
import type { World } from "../world.ts";
import { cancelledBefore } from "./cancels.ts";
import { journalOf, planOf } from "./history.ts";
import type { History, JournalStep, NodeHistory, RunHistory } from "./history.ts";

/** At most one outcome an execution, every state carried as it is folded, every claim within its budget. */
export function checkJournals(world: World, history: History): void {
  for (const run of history.runs.values())
    for (const node of run.nodes.values()) {
      for (const step of node.steps) checkStep(world, step);
      checkAttempts(world, history, run, node);
      checkEnd(world, history, run, node);
    }
}

/** Nobody but us writes here: no message may be void, and the last one must carry what the fold gives. */
function checkStep(world: World, { written: { entry }, journal }: JournalStep): void {
  if (journal.expect !== entry.sequence || journal.head?.sequence !== entry.sequence)
    return world.violate(
      "void-message",
      `message ${entry.sequence} of ${entry.subject} does not follow from the one before`,
    );
  const carried = fromLast(entry);
  if (carried === undefined || essence(carried) !== essence(journal))
    world.violate(
      "carried-state",
      `message ${entry.sequence} of ${entry.subject} carries ${carried && essence(carried)}, its fold is ${essence(journal)}`,
    );
}

function essence({ phase, epoch, attempts, expect, head, claim, dueMs, lastClaim, firstClaimedMs }: Journal): string {
  const ids = [head?.eventId, claim?.eventId, lastClaim?.eventId];
  const parts = [phase, epoch, attempts, expect, ...ids, dueMs, firstClaimedMs];
  return parts.map((part) => part ?? "-").join(" ");
}

function bodyOf(step: JournalStep | undefined): Event["body"] {
  return step?.written.event?.body;
}

function checkAttempts(world: World, history: History, run: RunHistory, { node, steps }: NodeHistory): void {
  const planned = planOf(history, run)?.nodes.find(({ name }) => name === node);
  const max = planned ? retryBudget(planned).attemptsMax : 0;
  for (const { journal, written } of steps)
    if (journal.attempts > max)
      world.violate(
        "attempts-over-budget",
        `${run.run} ${node}: attempt ${journal.attempts} of ${max} at ${written.entry.sequence}`,
      );
  for (const [index, step] of steps.entries()) {
    const due = steps[index - 1]?.journal.dueMs;
    const { sequence, timeMs } = step.written.entry;
    const early = due !== undefined && step.journal.phase === "claimed" && timeMs < due - roundingMs;
    // A cancel does not wait for a retry that may have acted: its claim finds out at once.
    if (early && !cancelledBefore(run, sequence))
      world.violate("too-early", `${run.run} ${node} was claimed ${due - timeMs} ms before it was due`);
  }
}

/** Times are whole milliseconds on the server, and a delay begins when the failure is stored. */
const roundingMs = 2;

/** What a node failed of must have happened; what it was skipped for must be missing. */
function checkEnd(world: World, history: History, run: RunHistory, { node, steps }: NodeHistory): void {
  const plan = planOf(history, run);
  const planned = plan?.nodes.find(({ name }) => name === node);
  const last = steps.at(-1);
  const body = bodyOf(last);
  if (last === undefined || planned === undefined) return;
  if (body?.$case === "failed" && last.journal.phase === "failed") {
    const code = body.value.failure?.code ?? "";
    const exhausted = last.journal.attempts >= retryBudget(planned).attemptsMax;
    if (code !== "user-code" && !exhausted)
      world.violate("failed-early", `${run.run} ${node} failed of ${code} after ${last.journal.attempts} attempts`);
  }
  if (body?.$case === "skipped") {
    const { causeNode } = body.value;
    const cause = journalOf(run, causeNode);
    if (!isTerminal(cause, last.journal.epoch))
      world.violate("skipped-without-cause", `${run.run} ${node}: ${causeNode} goes on`);
  }
}
