import { isTerminal } from "millrace/journal";
import type { Journal } from "millrace/journal";
import { emptyJournal, evolve } from "millrace/journal";
import { decodeEvent } from "millrace/journal";
import { parseSubject } from "millrace/log";
import type { LogEntry } from "millrace/log";

/** A run as the sweeper watches it. */
export interface WatchedRun {
  readonly pipeline: string;
  readonly run: string;
  planDigest: string;
  planSequence: number;
  epoch: number;
  cancelRequested: boolean;
  /** Epoch of the last outcome, -1 if there is none. */
  outcomeEpoch: number;
  /** Server time of its last message, Unix epoch milliseconds. */
  lastMs: number;
  /** Journals by "component.node". */
  readonly journals: Map<string, Journal>;
  /** Causes (event ids) that stand on artifact subjects, by "node.output". */
  readonly fannedOut: Map<string, string>;
}

/** Ended runs are watched this long for missing fan-out, in milliseconds of server time. */
const endedKeptMs = 10 * 60_000;

/**
 * Folds every run's messages to what a sweeper must know: who is silent, who holds a claim, what is due. Ended runs
 * are forgotten after a while, so memory is bounded by what is open.
 */
export class OpenRuns {
  readonly #runs = new Map<string, WatchedRun>();
  fold(entry: LogEntry): void {
    const subject = parseSubject(entry.subject);
    if (!("run" in subject)) return;
    const run = this.#at(subject.pipeline, subject.run);
    run.lastMs = entry.timeMs;
    if (subject.kind === "journal") {
      const key = `${subject.component}.${subject.node}`;
      run.journals.set(key, evolve(run.journals.get(key) ?? emptyJournal, entry));
      return;
    }
    foldEvent(run, entry, subject.kind === "artifact" ? `${subject.node}.${subject.output}` : "");
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
      planDigest: "",
      planSequence: 0,
      epoch: 0,
      cancelRequested: false,
      outcomeEpoch: -1,
      lastMs: 0,
      journals: new Map(),
      fannedOut: new Map(),
    };
    this.#runs.set(key, fresh);
    return fresh;
  }
}

/** Whether the run's epoch has its outcome. */
export function hasEnded(run: WatchedRun): boolean {
  return run.outcomeEpoch >= run.epoch;
}

/** Why a sweeper should wake a run, if it should. Pure. @param silentMs How long a run may say nothing. */
export function nudgeReason(
  run: WatchedRun,
  nowMs: number,
  silentMs: number,
  attemptTimeoutMs: (node: string) => number,
): string | undefined {
  if (run.planDigest === "" || nowMs - run.lastMs < silentMs) return undefined;
  if (hasEnded(run)) return lacksFanOut(run) ? "fan-out-missing" : undefined;
  for (const [key, journal] of run.journals) {
    const node = key.slice(key.indexOf(".") + 1);
    if (isTerminal(journal, run.epoch)) continue;
    if (journal.claim && nowMs - journal.claim.timeMs < attemptTimeoutMs(node)) return undefined;
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

function foldEvent(run: WatchedRun, entry: LogEntry, output: string): void {
  const body = decodeEvent(entry.data)?.body;
  switch (body?.$case) {
    case "runStarted":
      run.planDigest = body.value.planDigest;
      run.planSequence = Number(body.value.planSequence);
      break;
    case "resumed":
      run.epoch += 1;
      run.cancelRequested = false;
      break;
    case "cancelRequested":
      run.cancelRequested = true;
      break;
    case "runSucceeded":
    case "runFailed":
    case "runCancelled":
      run.outcomeEpoch = Math.max(run.outcomeEpoch, body.value.epoch);
      break;
    case "artifactProduced":
    case "artifactVoided":
      run.fannedOut.set(output, body.value.cause?.eventId ?? "");
      break;
    default:
  }
}
