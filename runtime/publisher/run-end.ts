import type { Event, JournalHead } from "../contracts/millrace/event/v1/event.ts";
import { JournalStatus } from "../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { controlChain, isTerminal, outcomeChain, outcomeEvent, unplaced } from "../journal/mod.ts";
import type { Chain, Control, Journal, JournalPhase, Outcome } from "../journal/mod.ts";
import { appendEvent, newEventId } from "../log/mod.ts";
import type { Log, Subjects } from "../log/mod.ts";
import { sourceComponent } from "../model/mod.ts";
import { readChainFrom, readJournalFrom, readLastFresh } from "../projections/mod.ts";

/** Reads and writes of an outcome that others race for. */
const attemptsMax = 8;

export interface RunPlace {
  readonly pipeline: string;
  readonly run: string;
  readonly plan: Plan;
}

/**
 * Ends the run's epoch if every node has ended: reads all journals at or after `atLeast` and appends the outcome by
 * compare-and-set. Its kind comes from the journals alone.
 * @returns the outcome's kind, or undefined if a node is still open.
 * Source: docs/protocol.md, Run end (1).
 */
export async function endRun(
  log: Log,
  subjects: Subjects,
  place: RunPlace,
  atLeast: number,
): Promise<Outcome | undefined> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const { control, outcome, journals } = await readRunEnds(log, subjects, place, atLeast);
    const { epoch } = control.state;
    if (outcome.state.epoch >= epoch) return outcome.state;
    const body = outcomeBody(place.plan, journals, epoch);
    if (body === undefined) return undefined;
    const event: Event = { id: newEventId(), ...outcomeEvent(outcome, body) };
    const appended = await appendEvent(log, subjects.outcome(place.pipeline, place.run), event, {
      expectLastSequence: outcome.expect,
    });
    if (appended.kind === "appended") return outcomeChain.step(outcome.state, event, unplaced);
  }
  return undefined;
}

/** What a run's end is decided by, from one read. */
export interface RunEnds {
  readonly control: Chain<Control>;
  readonly outcome: Chain<Outcome>;
  /** By node, without the source. */
  readonly journals: ReadonlyMap<string, Journal>;
}

/** Reads a run's control, outcome and journals at or after a sequence. */
export async function readRunEnds(
  log: Log,
  subjects: Subjects,
  { pipeline, run, plan }: RunPlace,
  atLeast: number,
): Promise<RunEnds> {
  const nodes = plan.nodes.filter(({ component }) => component !== sourceComponent);
  const journalSubjects = nodes.map(({ component, name }) => subjects.journal(pipeline, run, component, name));
  const outcomeSubject = subjects.outcome(pipeline, run);
  const controlSubject = subjects.control(pipeline, run);
  const last = await readLastFresh(log, [...journalSubjects, outcomeSubject, controlSubject], atLeast);
  const journals = await Promise.all(
    nodes.map(async ({ name }, index) => {
      const subject = journalSubjects[index] ?? "";
      return [name, await readJournalFrom(log, subject, last.get(subject))] as const;
    }),
  );
  return {
    control: await readChainFrom(log, controlChain, controlSubject, last.get(controlSubject)),
    outcome: await readChainFrom(log, outcomeChain, outcomeSubject, last.get(outcomeSubject)),
    journals: new Map(journals),
  };
}

const statuses: Readonly<Partial<Record<JournalPhase, JournalStatus>>> = {
  completed: JournalStatus.JOURNAL_STATUS_COMPLETED,
  failed: JournalStatus.JOURNAL_STATUS_FAILED,
  skipped: JournalStatus.JOURNAL_STATUS_SKIPPED,
  cancelled: JournalStatus.JOURNAL_STATUS_CANCELLED,
};

type OutcomeBody = Extract<NonNullable<Event["body"]>, { $case: "runSucceeded" | "runFailed" | "runCancelled" }>;

/** The outcome that a run's journals give, or undefined while one is open. Pure. */
export function outcomeBody(
  plan: Plan,
  journals: ReadonlyMap<string, Journal>,
  epoch: number,
): OutcomeBody | undefined {
  const ended: { readonly node: string; readonly journal: Journal }[] = [];
  for (const { name, component } of plan.nodes) {
    if (component === sourceComponent) continue;
    const journal = journals.get(name);
    if (journal === undefined || !isTerminal(journal, epoch)) return undefined;
    ended.push({ node: name, journal });
  }
  const heads = ended.map(({ node, journal }): JournalHead => ({
    node,
    sequence: BigInt(journal.head?.sequence ?? 0),
    status: statuses[journal.phase] ?? JournalStatus.JOURNAL_STATUS_UNSPECIFIED,
  }));
  const cancelled = ended.find(({ journal }) => journal.phase === "cancelled");
  if (cancelled)
    return { $case: "runCancelled", value: { epoch, heads, reason: cancelled.journal.reason ?? "cancelled" } };
  const failed = ended.find(({ journal }) => journal.phase === "failed");
  if (failed === undefined) return { $case: "runSucceeded", value: { epoch, heads } };
  const { code = "", message = "" } = failed.journal.failed?.failure ?? {};
  return { $case: "runFailed", value: { epoch, heads, node: failed.node, code, message } };
}
