import type { Event, PlanReference, RunStarted } from "../../contracts/millrace/event/v1/event.ts";
import {
  controlChain,
  decodeEvent,
  emptyChain,
  emptyJournal,
  evolve,
  isSealed,
  outcomeChain,
  startedPlan,
  stepChain,
} from "../../journal/mod.ts";
import type { Chain, Control, Journal, Outcome } from "../../journal/mod.ts";
import { cloudEventType, eventPlace, parseSubject } from "../../log/mod.ts";
import type { LogEntry } from "../../log/mod.ts";

export type Body = NonNullable<Event["body"]>;

/** A message that counts: legal where it stands, and decoded. */
export interface Fact {
  readonly sequence: number;
  readonly subject: string;
  /** CloudEvents type. */
  readonly type: string;
  /** Unix epoch milliseconds. */
  readonly timeMs: number;
  readonly eventId: string;
  /** The run's epoch that it belongs to; 0 outside of runs. */
  readonly epoch: number;
  readonly body: Body;
}

/** A node's journal, message by message. */
export interface NodeFacts {
  readonly component: string;
  readonly journal: Journal;
  readonly facts: readonly Fact[];
}

/** A run, message by message, without what is void: as many as its nodes and attempts, whatever the log's size. */
export interface RunFacts {
  readonly pipeline: string;
  readonly run: string;
  readonly started: (Fact & { readonly start: RunStarted }) | undefined;
  readonly control: Chain<Control>;
  readonly controls: readonly Fact[];
  readonly outcome: Chain<Outcome>;
  readonly outcomes: readonly Fact[];
  readonly nodes: ReadonlyMap<string, NodeFacts>;
  readonly verdicts: readonly Fact[];
}

/**
 * The fact that an entry is; undefined if it does not decode, is of a kind that this version does not know, or is a
 * stranger's where only chains are.
 */
export function factOf(entry: LogEntry, epoch = 0): Fact | undefined {
  if (!isSealed(entry) && parseSubject(entry.subject).kind !== "dataset") return undefined;
  const event = decodeEvent(entry.data);
  if (event?.body === undefined) return undefined;
  const { sequence, timeMs } = eventPlace(event, entry);
  const { subject } = entry;
  return { sequence, subject, type: cloudEventType(event), timeMs, eventId: event.id, epoch, body: event.body };
}

/** Folds messages of a run: of chains that are to be explained, all of them. @param entries Ascending by sequence. */
export function foldFacts(pipeline: string, run: string, entries: Iterable<LogEntry>): RunFacts {
  const fold = new FactsFold(pipeline, run);
  for (const entry of entries) fold.take(entry);
  return fold;
}

class FactsFold implements RunFacts {
  readonly pipeline: string;
  readonly run: string;
  started: RunFacts["started"];
  control = emptyChain(controlChain);
  outcome = emptyChain(outcomeChain);
  readonly controls: Fact[] = [];
  readonly outcomes: Fact[] = [];
  readonly verdicts: Fact[] = [];
  readonly nodes = new Map<string, { component: string; journal: Journal; facts: Fact[] }>();

  constructor(pipeline: string, run: string) {
    this.pipeline = pipeline;
    this.run = run;
  }

  take(entry: LogEntry): void {
    const subject = parseSubject(entry.subject);
    switch (subject.kind) {
      case "started": {
        const fact = factOf(entry);
        if (this.started === undefined && isSealed(entry) && fact?.body.$case === "runStarted")
          this.started = { ...fact, start: fact.body.value };
        return;
      }
      case "control":
        this.control = stepChain(controlChain, this.control, entry);
        return this.#keep(this.controls, this.control.head?.sequence, entry, this.control.state.epoch);
      case "outcome":
        this.outcome = stepChain(outcomeChain, this.outcome, entry);
        return this.#keep(this.outcomes, this.outcome.head?.sequence, entry, this.outcome.state.epoch);
      case "journal":
        return this.#journal(subject.component, subject.node, entry);
      case "verdict":
        return this.#keep(this.verdicts, entry.sequence, entry, 0);
      default:
    }
  }

  #journal(component: string, name: string, entry: LogEntry): void {
    const node = this.nodes.get(name) ?? { component, journal: emptyJournal, facts: [] };
    node.journal = evolve(node.journal, entry);
    this.nodes.set(name, node);
    this.#keep(node.facts, node.journal.head?.sequence, entry, node.journal.epoch);
  }

  /** What moved its chain's head counts; all else is void. */
  #keep(facts: Fact[], head: number | undefined, entry: LogEntry, epoch: number): void {
    const fact = head === entry.sequence ? factOf(entry, epoch) : undefined;
    if (fact) facts.push(fact);
  }
}

/** The plan that a run followed in an epoch; undefined if its start cannot be read. */
export function planOfEpoch({ started, controls }: RunFacts, epoch: number): PlanReference | undefined {
  if (started === undefined) return undefined;
  const resumes = controls.flatMap(({ body, epoch: begun }) =>
    body.$case === "resumed" && begun <= epoch && body.value.plan ? [body.value.plan] : [],
  );
  return resumes.at(-1) ?? startedPlan(started.start);
}
