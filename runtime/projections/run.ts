import type { RunStarted } from "../contracts/millrace/event/v1/event.ts";
import type { InputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import {
  controlChain,
  emptyChain,
  emptyJournal,
  evolve,
  outcomeChain,
  startOf,
  stepChain,
  verdictChain,
} from "../journal/mod.ts";
import type { Chain, Control, Journal, OpenClaim, Outcome, Verdict } from "../journal/mod.ts";
import { parseSubject } from "../log/mod.ts";
import type { LogEntry } from "../log/mod.ts";

/** One node's part of a run: its journal, and what the journal forgets when it moves on. */
export interface NodeHistory {
  readonly component: string;
  readonly journal: Journal;
  /** Claims in all epochs. */
  readonly attempts: number;
  /** The claim that led to the journal's head; undefined for a reused or never claimed node. */
  readonly lastClaim: OpenClaim | undefined;
}

/** A run, folded from its messages. */
export interface RunFold {
  readonly pipeline: string;
  readonly run: string;
  readonly started: { readonly body: RunStarted; readonly sequence: number; readonly timeMs: number } | undefined;
  readonly control: Chain<Control>;
  readonly outcome: Chain<Outcome>;
  /** Histories by node. */
  readonly nodes: ReadonlyMap<string, NodeHistory>;
  /** What comparing it with the run that it reproduces gave, the last time it ended. */
  readonly verdict: Chain<Verdict>;
  /** Last sequence folded. */
  readonly atSequence: number;
  /** Messages of a kind that this version does not know. */
  readonly unknown: number;
}

/** A run before its first message. */
export function emptyRun(pipeline: string, run: string): RunFold {
  return {
    pipeline,
    run,
    started: undefined,
    control: emptyChain(controlChain),
    outcome: emptyChain(outcomeChain),
    nodes: new Map(),
    verdict: emptyChain(verdictChain),
    atSequence: 0,
    unknown: 0,
  };
}

/**
 * Folds the next message of a run. Messages of other runs are left alone; unknown kinds are counted.
 * @param entry Ascending by sequence.
 */
export function evolveRun(fold: RunFold, entry: LogEntry): RunFold {
  const subject = parseSubject(entry.subject);
  if (!("run" in subject) || subject.run !== fold.run) return fold;
  const next = { ...fold, atSequence: entry.sequence };
  switch (subject.kind) {
    case "started":
      return startedBy(next, entry);
    case "control":
      return { ...next, control: stepChain(controlChain, fold.control, entry) };
    case "outcome":
      return { ...next, outcome: stepChain(outcomeChain, fold.outcome, entry) };
    case "journal": {
      const before = fold.nodes.get(subject.node);
      const history = evolveNode(before, subject.component, entry);
      return { ...next, nodes: new Map(fold.nodes).set(subject.node, history) };
    }
    case "verdict":
      return { ...next, verdict: stepChain(verdictChain, fold.verdict, entry) };
    case "artifact":
      return next;
  }
}

/** A node's inputs as they were pinned; undefined if nobody has come to them. */
export function inputsOf({ journal, lastClaim }: NodeHistory): readonly InputArtifact[] | undefined {
  return journal.completed?.reused ? journal.completed.inputs : lastClaim?.body.inputs;
}

/** Folds all messages of a run. */
export async function foldRun(pipeline: string, run: string, entries: AsyncIterable<LogEntry>): Promise<RunFold> {
  let fold = emptyRun(pipeline, run);
  for await (const entry of entries) fold = evolveRun(fold, entry);
  return fold;
}

function startedBy(fold: RunFold, entry: LogEntry): RunFold {
  const start = startOf(entry);
  if (start === undefined || fold.started !== undefined) return { ...fold, unknown: fold.unknown + 1 };
  const { started: body, sequence, timeMs } = start;
  return { ...fold, started: { body, sequence, timeMs } };
}

function evolveNode(before: NodeHistory | undefined, component: string, entry: LogEntry): NodeHistory {
  const journal = evolve(before?.journal ?? emptyJournal, entry);
  const claimed = journal.claim !== undefined && journal.claim.sequence === entry.sequence;
  return {
    component,
    journal,
    attempts: (before?.attempts ?? 0) + (claimed ? 1 : 0),
    lastClaim: journal.claim ?? before?.lastClaim,
  };
}
