import type { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import type { Plan } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { cancelSentence, claimBound, mayHaveActed } from "millrace/driver";
import type { Plans } from "millrace/driver";
import { controlChain, controlEvent, effectivePlan, emptyJournal, isTerminal } from "millrace/journal";
import type { Journal } from "millrace/journal";
import { appendEvent, every, newEventId } from "millrace/log";
import type { Log, Subjects } from "millrace/log";
import { sourceComponent } from "millrace/model";
import { readChainFrom } from "millrace/projections";
import { endRun, writeJournal } from "millrace/publisher";
import { hasEnded, nudgeReason, OpenRuns } from "./open-runs.ts";
import type { WatchedRun } from "./open-runs.ts";
import { watchRuns } from "./watch-runs.ts";

export interface SweeperContext {
  readonly log: Log;
  readonly subjects: Subjects;
  readonly plans: Plans;
  /** A run that says nothing for this long is woken, in milliseconds: two ack_waits. */
  readonly silentMs: number;
  readonly onTrouble: (error: unknown) => void;
  /** Where its jitter comes from, 0 to 1; default Math.random. */
  readonly random?: () => number;
}

/** Nudges of one run and epoch before the sweeper lets it be: what ten nudges do not mend, people must. */
const nudgesMax = 10;

/** Repairs what no delivery will: nudges silent runs, cancels unclaimed nodes of cancelled ones. */
export interface Sweeper extends AsyncDisposable {
  /** Waits until it has seen a run's message at or after a sequence. */
  caughtUp(sequence: number): Promise<void>;
  /** Looks at every watched run once. */
  sweep(nowMs: number): Promise<void>;
}

/**
 * Starts watching every run. It writes only control, outcome and Cancelled, and ordinary runs end without it.
 * Source: docs/protocol.md, Run end (3, 4).
 */
export function startSweeper(context: SweeperContext): Sweeper {
  const runs = new OpenRuns();
  const stop = new AbortController();
  const seen = new SeenSequence();
  const watching = watchRuns(context.log, runs, stop.signal, (sequence) => seen.is(sequence)).catch(
    (error: unknown) => {
      if (!stop.signal.aborted) context.onTrouble(error);
    },
  );
  const { log } = context;
  const periodMs = context.silentMs / 2 + (context.random ?? Math.random)() * (context.silentMs / 2);
  const sweepNow = async () => sweep(context, runs, await log.serverTimeMs());
  const endSweeping = every(log.clock, periodMs, () => void sweepNow().catch(context.onTrouble));
  return {
    caughtUp: (sequence) => seen.reaches(sequence),
    sweep: (nowMs) => sweep(context, runs, nowMs),
    async [Symbol.asyncDispose]() {
      endSweeping();
      stop.abort();
      await watching;
    },
  };
}

/** A sequence that only grows, and those who wait for it. */
class SeenSequence {
  #sequence = 0;
  readonly #waiting = new Map<() => void, number>();

  is(sequence: number): void {
    this.#sequence = sequence;
    for (const [go, wanted] of this.#waiting) {
      if (wanted > sequence) continue;
      this.#waiting.delete(go);
      go();
    }
  }

  reaches(sequence: number): Promise<void> {
    if (this.#sequence >= sequence) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(resolve, sequence));
  }
}

async function sweep(context: SweeperContext, runs: OpenRuns, nowMs: number): Promise<void> {
  // One run that cannot be mended (its plan is gone, say) does not keep the others from it.
  for (const run of runs.all(nowMs)) await sweepRun(context, run, nowMs).catch(context.onTrouble);
}

async function sweepRun(context: SweeperContext, run: WatchedRun, nowMs: number): Promise<void> {
  if (run.started === undefined) return;
  const plan = await context.plans.load(effectivePlan(run.started, run.control.state));
  if (run.control.state.cancelRequested && !hasEnded(run)) await cancelUnclaimed(context, run, plan, nowMs);
  const reason = nudgeReason(run, nowMs, context.silentMs, (node, journal) => boundOf(plan, node, journal));
  if (reason) await nudge(context, run, reason);
}

function boundOf(plan: Plan, name: string, journal: Journal): number {
  const node = plan.nodes.find((other) => other.name === name);
  return node ? claimBound(node, journal).ms : 0;
}

async function nudge({ log, subjects }: SweeperContext, { pipeline, run }: WatchedRun, reason: string): Promise<void> {
  const subject = subjects.control(pipeline, run);
  const chain = await readChainFrom(log, controlChain, subject, await log.leaderLastOf(subject));
  if (chain.state.nudges >= nudgesMax) return;
  const event: Event = { id: newEventId(), ...controlEvent(chain, { $case: "nudged", value: { reason } }) };
  await appendEvent(log, subject, event, { expectLastSequence: chain.expect, source: sourceComponent });
}

/**
 * Nodes that nobody claims, or whose holder is gone for longer than a claim may be held, would never end while their
 * component is away; and a cancelled run ends when all have. What may have acted outside is left to its component.
 */
async function cancelUnclaimed(
  { log, subjects }: SweeperContext,
  run: WatchedRun,
  plan: Plan,
  nowMs: number,
): Promise<void> {
  const { epoch, cancelReason } = run.control.state;
  let last = 0;
  for (const node of plan.nodes) {
    if (node.component === sourceComponent) continue;
    const journal = run.journals.get(`${node.component}.${node.name}`) ?? emptyJournal;
    const held = journal.claim !== undefined && nowMs - journal.claim.timeMs <= claimBound(node, journal).ms;
    if (isTerminal(journal, epoch) || held || mayHaveActed(node, journal)) continue;
    const place = { pipeline: run.pipeline, run: run.run, node };
    const reason = cancelSentence(cancelReason);
    const written = await writeJournal(log, subjects, place, journal, { type: "cancel", epoch, reason });
    if (written.kind === "written") last = written.sequence;
  }
  if (last > 0) await endRun(log, subjects, { pipeline: run.pipeline, run: run.run, plan }, last);
}
