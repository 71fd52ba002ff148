import type { Event } from "../../../contracts/millrace/event/v1/event.ts";
import { emptyJournal, isTerminal } from "../../../journal/mod.ts";
import type { Journal } from "../../../journal/mod.ts";
import { sourceComponent } from "../../../model/mod.ts";
import type { Written } from "../server.ts";
import type { World } from "../world.ts";
import { epochOf, planOf } from "./history.ts";
import type { History, RunHistory } from "./history.ts";

/** Runs that were started and have no outcome in their epoch. */
export function openRuns(history: History): readonly RunHistory[] {
  return [...history.runs.values()].filter(
    (run) => run.started.length > 0 && outcomeEpoch(run.outcomes.at(-1)) < epochOf(run).epoch,
  );
}

/** Every run ends once an epoch, after all its nodes, in the way that their journals say. */
export function checkRunEnds(world: World, history: History): void {
  for (const run of openRuns(history)) {
    const { epoch } = epochOf(run);
    const open = planOf(history, run)?.nodes.filter(
      ({ name, component }) => component !== sourceComponent && !isTerminal(journalBefore(run, name), epoch),
    );
    world.violate(
      "run-never-ends",
      `${run.pipeline} ${run.run} in epoch ${epoch}: ${open?.map(({ name }) => name).join(", ") || "all nodes have ended"}`,
    );
  }
  for (const run of history.runs.values()) {
    if (run.started.length > 1) world.violate("started-twice", `${run.pipeline} ${run.run}`);
    checkOutcomes(world, history, run);
  }
}

function checkOutcomes(world: World, history: History, run: RunHistory): void {
  const plan = planOf(history, run);
  const seen = new Set<number>();
  for (const outcome of run.outcomes) {
    const epoch = outcomeEpoch(outcome);
    const { sequence } = outcome.entry;
    if (seen.has(epoch)) world.violate("two-outcomes", `${run.pipeline} ${run.run} ended twice in epoch ${epoch}`);
    seen.add(epoch);
    const standing = epochAt(run, sequence);
    if (epoch !== standing)
      world.violate("outcome-of-another-epoch", `${run.run}: epoch ${epoch} ended in epoch ${standing}`);
    const ends = (plan?.nodes ?? [])
      .filter(({ component }) => component !== sourceComponent)
      .map(({ name }) => ({ name, journal: journalBefore(run, name, sequence) }));
    const open = ends.filter(({ journal }) => !isTerminal(journal, epoch));
    if (open.length > 0)
      world.violate(
        "early-outcome",
        `${run.run} ended at ${sequence} before ${open.map(({ name }) => name).join(", ")}`,
      );
    const expected = kindOf(ends.map(({ journal }) => journal));
    const kind = outcome.event?.body?.$case;
    if (open.length === 0 && kind !== expected)
      world.violate("wrong-outcome", `${run.run} is ${kind}, its journals say ${expected}`);
  }
  checkResumes(world, run);
}

/** A resume names the outcome of the epoch before, and each makes one epoch. */
function checkResumes(world: World, run: RunHistory): void {
  let epoch = 0;
  for (const { written } of run.control) {
    const body = written.event?.body;
    if (body?.$case !== "resumed") continue;
    const named = run.outcomes.find(({ event }) => event?.id === body.value.outcome?.eventId);
    if (named === undefined || outcomeEpoch(named) !== epoch || named.entry.sequence > written.entry.sequence)
      world.violate("resume-without-outcome", `${run.run} was resumed at ${written.entry.sequence} in epoch ${epoch}`);
    epoch += 1;
  }
}

function kindOf(journals: readonly Journal[]): NonNullable<Event["body"]>["$case"] {
  if (journals.some(({ phase }) => phase === "cancelled")) return "runCancelled";
  return journals.some(({ phase }) => phase === "failed") ? "runFailed" : "runSucceeded";
}

/** A node's journal as of a sequence. */
function journalBefore(run: RunHistory, node: string, sequence = Number.POSITIVE_INFINITY): Journal {
  return (
    run.nodes.get(node)?.steps.findLast(({ written }) => written.entry.sequence < sequence)?.journal ?? emptyJournal
  );
}

/** A run's epoch as of a sequence. */
function epochAt(run: RunHistory, sequence: number): number {
  return run.control.findLast(({ written }) => written.entry.sequence < sequence)?.chain.state.epoch ?? 0;
}

function outcomeEpoch(outcome: Written | undefined): number {
  const body = outcome?.event?.body;
  return body && "epoch" in body.value ? body.value.epoch : -1;
}
