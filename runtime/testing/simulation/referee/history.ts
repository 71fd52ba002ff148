import type { RunStarted } from "../../../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../../../contracts/millrace/metadata/v1/plan.ts";
import { controlChain, effectivePlan, emptyChain, emptyJournal, evolveEvent, stepChain } from "../../../journal/mod.ts";
import type { Chain, Control, Journal } from "../../../journal/mod.ts";
import { parseSubject } from "../../../log/mod.ts";
import type { Written } from "../server.ts";

/** A journal's message and the state after it. */
export interface JournalStep {
  readonly written: Written;
  readonly journal: Journal;
}

/** A node of a run: every message of its journal, folded one by one. */
export interface NodeHistory {
  readonly component: string;
  readonly node: string;
  readonly steps: JournalStep[];
}

/** A run, folded from the whole log by the referee alone. */
export interface RunHistory {
  readonly pipeline: string;
  readonly run: string;
  readonly started: Written[];
  readonly control: { readonly written: Written; readonly chain: Chain<Control> }[];
  readonly outcomes: Written[];
  readonly nodes: Map<string, NodeHistory>;
  /** By "node.output". */
  readonly artifacts: Map<string, Written[]>;
}

/** The log, put in order for the referee. */
export interface History {
  readonly runs: ReadonlyMap<string, RunHistory>;
  /** Messages of every other chain, by subject. */
  readonly others: ReadonlyMap<string, readonly Written[]>;
  /** Plans by digest, as they were registered. */
  readonly plans: ReadonlyMap<string, Plan>;
}

/** Folds the log: each run's journals message by message. */
export function historyOf(written: readonly Written[]): History {
  const runs = new Map<string, RunHistory>();
  const others = new Map<string, Written[]>();
  const plans = new Map<string, Plan>();
  for (const message of written) {
    const subject = parseSubject(message.entry.subject);
    const body = message.event?.body;
    if (body?.$case === "pipelineRegistered" && body.value.plan) plans.set(body.value.planDigest, body.value.plan);
    if (!("run" in subject)) {
      const chain = others.get(message.entry.subject);
      if (chain) chain.push(message);
      else others.set(message.entry.subject, [message]);
      continue;
    }
    const run = runAt(runs, subject.pipeline, subject.run);
    if (subject.kind === "started") run.started.push(message);
    if (subject.kind === "outcome") run.outcomes.push(message);
    if (subject.kind === "control") {
      const before = run.control.at(-1)?.chain ?? emptyChain(controlChain);
      run.control.push({ written: message, chain: stepChain(controlChain, before, message.entry) });
    }
    if (subject.kind === "journal") {
      const node = nodeAt(run, subject.component, subject.node);
      const before = node.steps.at(-1)?.journal ?? emptyJournal;
      node.steps.push({ written: message, journal: evolveEvent(before, message.event, message.entry) });
    }
    if (subject.kind === "artifact") {
      const place = `${subject.node}.${subject.output}`;
      run.artifacts.set(place, [...(run.artifacts.get(place) ?? []), message]);
    }
  }
  return { runs, others, plans };
}

/** What a run's start says. */
export function startOf({ started }: RunHistory): RunStarted | undefined {
  const body = started[0]?.event?.body;
  return body?.$case === "runStarted" ? body.value : undefined;
}

/** The plan that a run's last epoch follows. */
export function planOf(history: History, run: RunHistory): Plan | undefined {
  const started = startOf(run);
  if (started === undefined) return undefined;
  return history.plans.get(effectivePlan(started, epochOf(run)).digest);
}

/** A run's control as it stands in the end. */
export function epochOf({ control }: RunHistory): Control {
  return control.at(-1)?.chain.state ?? controlChain.initial;
}

/** A node's journal as it stands in the end. */
export function journalOf(run: RunHistory, node: string): Journal {
  return run.nodes.get(node)?.steps.at(-1)?.journal ?? emptyJournal;
}

function runAt(runs: Map<string, RunHistory>, pipeline: string, run: string): RunHistory {
  const key = `${pipeline}.${run}`;
  const known = runs.get(key);
  if (known) return known;
  const fresh: RunHistory = {
    pipeline,
    run,
    started: [],
    control: [],
    outcomes: [],
    nodes: new Map(),
    artifacts: new Map(),
  };
  runs.set(key, fresh);
  return fresh;
}

function nodeAt(run: RunHistory, component: string, node: string): NodeHistory {
  const known = run.nodes.get(node);
  if (known) return known;
  const fresh = { component, node, steps: [] };
  run.nodes.set(node, fresh);
  return fresh;
}
