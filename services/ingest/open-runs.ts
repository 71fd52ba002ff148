import {
  controlChain,
  decodeEvent,
  emptyChain,
  emptyJournal,
  evolve,
  isTerminal,
  outcomeChain,
  startOf,
  stepChain,
} from "millrace/journal";
import type { Chain, Control, Journal, Outcome, StartedPlan } from "millrace/journal";
import { parseSubject } from "millrace/log";
import type { LogEntry } from "millrace/log";

/** A run as the sweeper watches it. */
export interface WatchedRun {
  readonly pipeline: string;
  readonly run: string;
  /** What its start says of its plan; undefined before the start was seen. */
  started: StartedPlan | undefined;
  control: Chain<Control>;
  outcome: Chain<Outcome>;
  /** Server time of its last message, Unix epoch milliseconds. */
  lastMs: number;
  /** Journals by "component.node". */
  readonly journals: Map<string, Journal>;
  /** Causes (event ids) that stand on artifact subjects, by "node.output". */
  readonly fannedOut: Map<string, string>;
}

/** Ended runs are watched this long for missing fan-out, in milliseconds of server time. */
export const endedKeptMs = 10 * 60_000;

/**
 * Folds every run's messages to what a sweeper must know: who is silent, who holds a claim, what is due. Ended runs
 * are forgotten after a while, so memory is bounded by what is open.
 */
export class OpenRuns {
  readonly #runs = new Map<string, WatchedRun>();

  /** Whether what a run's message builds on is folded here: of a run not seen yet, or forgotten, it is not. */
  knows({ pipeline, run }: Pick<WatchedRun, "pipeline" | "run">): boolean {
    return this.#runs.has(`${pipeline}.${run}`);
  }

  fold(entry: LogEntry): void {
    const subject = parseSubject(entry.subject);
    if (!("run" in subject)) return;
    const run = this.#at(subject.pipeline, subject.run);
    run.lastMs = entry.timeMs;
    switch (subject.kind) {
      case "started":
        run.started ??= startOf(entry)?.started;
        break;
      case "control":
        run.control = stepChain(controlChain, run.control, entry);
        break;
      case "outcome":
        run.outcome = stepChain(outcomeChain, run.outcome, entry);
        break;
      case "journal": {
        const key = `${subject.component}.${subject.node}`;
        run.journals.set(key, evolve(run.journals.get(key) ?? emptyJournal, entry));
        break;
      }
      case "artifact":
        run.fannedOut.set(`${subject.node}.${subject.output}`, causeOf(entry));
        break;
      case "verdict":
    }
  }

  /** All watched runs; forgets those that ended long ago. */
  *all(nowMs: number): Iterable<WatchedRun> {
    for (const [key, run] of this.#runs) {
      if (hasEnded(run) && nowMs - run.lastMs > endedKeptMs) this.#runs.delete(key);
      else yield run;
    }
  }

  #at(pipeline: string, run: string): WatchedRun {
    const key = `${pipeline}.${run}`;
    const known = this.#runs.get(key);
    if (known) return known;
    const fresh: WatchedRun = {
      pipeline,
      run,
      started: undefined,
      control: emptyChain(controlChain),
      outcome: emptyChain(outcomeChain),
      lastMs: 0,
      journals: new Map(),
      fannedOut: new Map(),
    };
    this.#runs.set(key, fresh);
    return fresh;
  }
}

/** Whether the run's epoch has its outcome. */
export function hasEnded({ outcome, control }: WatchedRun): boolean {
  return outcome.state.epoch >= control.state.epoch;
}

/**
 * Why a sweeper should wake a run, if it should. Pure.
 * @param silentMs How long a run may say nothing.
 * @param boundMs How old a node's claim may get.
 */
export function nudgeReason(
  run: WatchedRun,
  nowMs: number,
  silentMs: number,
  boundMs: (node: string, journal: Journal) => number,
): string | undefined {
  if (run.started === undefined || nowMs - run.lastMs < silentMs) return undefined;
  if (hasEnded(run)) return lacksFanOut(run) ? "fan-out-missing" : undefined;
  for (const [key, journal] of run.journals) {
    const node = key.slice(key.indexOf(".") + 1);
    if (isTerminal(journal, run.control.state.epoch)) continue;
    if (journal.claim && nowMs - journal.claim.timeMs < boundMs(node, journal)) return undefined;
    if (journal.dueMs !== undefined && journal.dueMs > nowMs) return undefined;
  }
  return "silent";
}

function lacksFanOut(run: WatchedRun): boolean {
  for (const [key, journal] of run.journals) {
    const node = key.slice(key.indexOf(".") + 1);
    const outputs = journal.completed?.outputs ?? [];
    if (outputs.some(({ name }) => run.fannedOut.get(`${node}.${name}`) !== journal.head?.eventId)) return true;
  }
  return false;
}

/** Event id of the outcome that a message on an artifact's subject fans out. */
function causeOf({ data }: LogEntry): string {
  const body = decodeEvent(data)?.body;
  const fansOut = body?.$case === "artifactProduced" || body?.$case === "artifactVoided";
  return (fansOut && body.value.cause?.eventId) || "";
}
