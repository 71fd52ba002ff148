import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import type { Plans } from "../driver/mod.ts";
import { effectivePlan, isTerminal } from "../journal/mod.ts";
import { subjectsOf } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import { sourceComponent } from "../model/mod.ts";
import { foldRun, stateOfRun } from "../projections/mod.ts";
import type { RunFold, RunStateName } from "../projections/mod.ts";
import { requestCancel } from "./request-cancel.ts";

/**
 * What became of a node in a run that is cancelled: `cancelled` if the cancel won; `completed`, `failed`, `skipped` if
 * it had ended before the request; the same with `-first` if it ended behind the request, before the cancel reached it;
 * `open` if it has not ended yet.
 */
export type CancelVerdict =
  | "cancelled"
  | "open"
  | "completed"
  | "failed"
  | "skipped"
  | "completed-first"
  | "failed-first"
  | "skipped-first";

/** A node's part in a cancel. */
export interface CancelledNode {
  readonly node: string;
  readonly verdict: CancelVerdict;
  /** Sequence of the message that ended it; 0 if it is open. */
  readonly sequence: number;
}

/** A cancel, and how it went, node by node in the plan's order. */
export interface CancelledRun {
  readonly run: string;
  readonly pipeline: string;
  /** Sequence of the request. */
  readonly sequence: number;
  /** In the plan's order. */
  readonly nodes: readonly CancelledNode[];
  readonly state: RunStateName;
  /** Why it ended so; null if it has not ended. */
  readonly reason: string | null;
}

export interface CancelRequest {
  readonly pipeline: string;
  readonly run: string;
  /** Why, for people. */
  readonly reason: string;
}

/**
 * Cancels a run and says who won, node by node: a cancel and a Completed race for the same place in a journal.
 * @param patience Ends the wait for the run's end; what is open then is said to be.
 * @throws what `requestCancel` refuses.
 */
export async function cancelRun(
  log: Log,
  plans: Plans,
  request: CancelRequest,
  patience: AbortSignal,
): Promise<CancelledRun> {
  const { pipeline, run, reason } = request;
  const sequence = await requestCancel(log, pipeline, run, reason);
  const fold = await foldToEnd(log, request, patience);
  const plan = fold.started && (await plans.load(effectivePlan(fold.started.body, fold.control.state)));
  return {
    run,
    pipeline,
    sequence,
    nodes: plan ? cancelVerdicts(plan, fold, sequence) : [],
    state: stateOfRun(fold),
    reason: hasEnded(fold) ? (fold.outcome.state.reason ?? null) : null,
  };
}

/** The verdict of each node. Pure. @param sequence The request's. */
export function cancelVerdicts(plan: Plan, fold: RunFold, sequence: number): readonly CancelledNode[] {
  const { epoch } = fold.control.state;
  return plan.nodes.flatMap(({ name, component }): CancelledNode[] => {
    if (component === sourceComponent) return [];
    const journal = fold.nodes.get(name)?.journal;
    if (journal?.head === undefined || !isTerminal(journal, epoch))
      return [{ node: name, verdict: "open", sequence: 0 }];
    const ended = journal.phase as "completed" | "failed" | "skipped" | "cancelled";
    const first = ended !== "cancelled" && journal.head.sequence > sequence;
    return [{ node: name, verdict: first ? `${ended}-first` : ended, sequence: journal.head.sequence }];
  });
}

/** The run as of its end, or as it is when patience does. */
async function foldToEnd(log: Log, { pipeline, run }: CancelRequest, patience: AbortSignal): Promise<RunFold> {
  const subjects = subjectsOf(log.namespace);
  const readNow = (): Promise<RunFold> => foldRun(pipeline, run, log.read([subjects.filters.run(pipeline, run)]));
  const fold = await readNow();
  if (hasEnded(fold)) return fold;
  const outcomes = log.follow([subjects.outcome(pipeline, run)], { from: fold.atSequence + 1, signal: patience });
  for await (const _outcome of outcomes) break;
  return await readNow();
}

function hasEnded({ outcome, control }: RunFold): boolean {
  return outcome.state.epoch >= control.state.epoch;
}
