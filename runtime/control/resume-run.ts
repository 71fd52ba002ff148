import type { PlanReference, RunStarted } from "../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import type { Plans } from "../driver/mod.ts";
import {
  controlEvent,
  effectivePlan,
  isTerminal,
  pipelineChain,
  planOfVersion,
  predecessorOf,
  startedPlan,
} from "../journal/mod.ts";
import { appendEvent, newEventId, subjectsOf } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import { Retryable, Terminal } from "../model/mod.ts";
import { readChainFrom, readStart } from "../projections/mod.ts";
import { readRunEnds, type RunEnds } from "../publisher/mod.ts";
import { checkMended } from "./mended-plan.ts";
import { openNodes } from "./open-nodes.ts";

/** A run to resume. */
export interface ResumeRequest {
  readonly pipeline: string;
  readonly run: string;
  /** Why, for people. */
  readonly reason: string;
  /**
   * The plan that the run has, or the pipeline's current one: code and parameters were mended in between. A run that was
   * derived from another keeps its own.
   */
  readonly plan: "same" | "current";
}

/** A run that goes on. */
export interface ResumedRun {
  readonly pipeline: string;
  readonly run: string;
  /** How often it was resumed by now. */
  readonly epoch: number;
  /** Sequence of its Resumed. */
  readonly sequence: number;
  readonly planDigest: string;
  /** Whether it follows another plan than before. */
  readonly planChanged: boolean;
  /** Nodes that are open again, in the plan's order. */
  readonly nodes: readonly string[];
}

/** Commands on the same run that may win before this one gives up. */
const attemptsMax = 8;

/**
 * Begins a new epoch of a run that has ended: what failed, was skipped or cancelled is open again, what completed stays.
 * Expectation and state come from one read of control, so that of two resumes one wins, and an outcome is named that
 * nothing follows.
 * @throws {Terminal} `unknown-run`; `not-ended`, saying what runs; `nothing-to-resume`; what `checkMended` refuses.
 * @throws {Retryable} `control-busy`.
 * Source: docs/protocol.md, Run end (2).
 */
export async function resumeRun(log: Log, plans: Plans, request: ResumeRequest): Promise<ResumedRun> {
  const { pipeline, run, reason } = request;
  const subjects = subjectsOf(log.namespace);
  const started = await readStarted(log, request);
  const firstPlan = await plans.load(startedPlan(started));
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const ends = await readRunEnds(log, subjects, { pipeline, run, plan: firstPlan }, await log.leaderLastSequence());
    const before = effectivePlan(started, ends.control.state);
    const nodes = reopenedBy(ends, firstPlan, run);
    const followsCurrent = request.plan === "current" && !isDerived(started);
    const brought = followsCurrent ? await mendedPlan(log, plans, request, before, ends) : undefined;
    const value = { outcome: predecessorOf(ends.outcome.head), reason, plan: brought };
    const event = { id: newEventId(), ...controlEvent(ends.control, { $case: "resumed", value }) };
    const subject = subjects.control(pipeline, run);
    const appended = await appendEvent(log, subject, event, { expectLastSequence: ends.control.expect });
    if (appended.kind === "lost") continue;
    const planDigest = (brought ?? before).digest;
    const epoch = ends.control.state.epoch + 1;
    return { pipeline, run, epoch, sequence: appended.sequence, planDigest, planChanged: brought !== undefined, nodes };
  }
  throw new Retryable(
    "control-busy",
    `Cannot resume run ${run}: its control changed ${attemptsMax} times in a row. Try again`,
  );
}

/** A reproduction repeats a plan and a fork changes one; the pipeline's current plan is another matter. */
function isDerived({ options }: RunStarted): boolean {
  return (options?.originRun ?? "") !== "";
}

async function readStarted(log: Log, { pipeline, run }: ResumeRequest): Promise<RunStarted> {
  const subject = subjectsOf(log.namespace).started(pipeline, run);
  const start = await readStart(log, subject, await log.leaderLastOf(subject));
  if (start !== undefined) return start.started;
  throw new Terminal("unknown-run", `Cannot resume run ${run} of ${pipeline}: it was never started`);
}

/** The nodes that a resume opens again. @throws {Terminal} `not-ended`, `nothing-to-resume`. */
function reopenedBy({ control, outcome, journals }: RunEnds, plan: Plan, run: string): readonly string[] {
  const { epoch } = control.state;
  if (outcome.state.epoch < epoch) {
    const open = openNodes(plan, journals, epoch);
    throw new Terminal(
      "not-ended",
      `Cannot resume run ${run}: it must have ended, and it goes on: ${open.length > 0 ? open.join(", ") : "its outcome is about to be written"}. \`millrace cancel ${run}\` ends it`,
    );
  }
  const nodes = plan.nodes.flatMap(({ name }) => {
    const journal = journals.get(name);
    return journal === undefined || isTerminal(journal, epoch + 1) ? [] : [name];
  });
  if (nodes.length > 0) return nodes;
  throw new Terminal(
    "nothing-to-resume",
    `Cannot resume run ${run}: a node must have failed, or been skipped or cancelled, and all completed. \`millrace reproduce ${run}\` and \`millrace fork ${run} --from NODE\` run it again as a new run`,
  );
}

/** The pipeline's current plan, if it is another than the run's and the run may go on with it. */
async function mendedPlan(
  log: Log,
  plans: Plans,
  { pipeline, run }: ResumeRequest,
  before: PlanReference,
  { journals }: RunEnds,
): Promise<PlanReference | undefined> {
  const subject = subjectsOf(log.namespace).pipeline(pipeline);
  const { state } = await readChainFrom(log, pipelineChain, subject, await log.leaderLastOf(subject));
  if (state === undefined || state.registered.planDigest === before.digest) return undefined;
  const current = planOfVersion(state);
  const finished = new Set([...journals].flatMap(([name, { phase }]) => (phase === "completed" ? [name] : [])));
  checkMended({ run, before: await plans.load(before), after: await plans.load(current), finished });
  return current;
}
