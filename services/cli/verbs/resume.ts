import { planReader } from "millrace/artifacts";
import { resumeRun, type ResumedRun } from "millrace/control";
import { createPlans } from "millrace/driver";
import type { Log } from "millrace/log";
import { findRun } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { shortDigest, shortRun } from "../print/values.ts";
import { awaitEnds, type EndedRun } from "../publishing/await-ends.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { registerProject } from "../registration/register-project.ts";
import { openStack, type StackSession } from "../session/stack-session.ts";
import { storeOf } from "../session/store.ts";
import { WrongUse } from "../wrong-use.ts";

export interface ResumeOptions extends CommonOptions {
  readonly plan?: string;
  readonly reason?: string;
  readonly wait?: boolean;
}

/** Goes on with a run that has ended, with --wait to its next end. */
export async function resume(
  invocation: Invocation,
  options: ResumeOptions,
  [name = "latest"]: readonly string[],
): Promise<ExitCode> {
  const plan = planChoice(options.plan);
  await using session = await openStack(invocation);
  const { log, own } = session;
  const place = await findRun(log, name, { kept: keptRuns(log, invocation) });
  if (plan === "current" && !own) await register(invocation, log, place.run);
  const plans = createPlans(log, planReader(storeOf(invocation.data)));
  const resumed = await resumeRun(log, plans, { ...place, plan, reason: options.reason ?? "" });
  const ended = await endOf(invocation, options, session, resumed);
  show(invocation, resumed, ended);
  return ended !== undefined && ended.state !== "succeeded" ? exitCode.failed : exitCode.done;
}

/** Registers the project's pipelines, so that what was mended in them is a version. */
async function register(invocation: Invocation, log: Log, run: string): Promise<void> {
  try {
    await registerProject(invocation, log);
  } catch (error) {
    invocation.note(`To go on with the plan as it was: \`millrace resume ${shortRun(run)} --plan same\``);
    throw error;
  }
}

function planChoice(text: string | undefined): "same" | "current" {
  if (text === undefined || text === "current") return "current";
  if (text === "same") return "same";
  throw new WrongUse(`Cannot read --plan ${text}: it must be "current" or "same"`);
}

/** A stack that was started for this verb alone stays until the run ends: it would stand still without it. */
async function endOf(
  { note }: Invocation,
  { wait = false }: ResumeOptions,
  { log, own, trouble }: StackSession,
  { pipeline, run, sequence }: ResumedRun,
): Promise<EndedRun | undefined> {
  if (!wait && !own) return undefined;
  if (!wait) note("No stack runs, so this one stays until the run ends (`millrace up` keeps one).");
  const [ended] = await Promise.race([awaitEnds(log, [{ pipeline, run }], sequence + 1), trouble]);
  return ended;
}

function show({ json, print, note }: Invocation, resumed: ResumedRun, ended: EndedRun | undefined): void {
  const { run, epoch, nodes, planChanged, planDigest } = resumed;
  if (ended !== undefined && ended.state !== "succeeded") note(`Run ${shortRun(run)} ${ended.state}: ${ended.reason}`);
  if (json) return print(JSON.stringify({ ...resumed, ...(ended && { state: ended.state, reason: ended.reason }) }));
  const plan = planChanged ? `the pipeline as it is now (plan ${shortDigest(planDigest)})` : "its plan as it was";
  print(`Run ${shortRun(run)} goes on in epoch ${epoch} with ${plan}; open again: ${nodes.join(", ")}`);
  if (ended !== undefined) print(`Run ${shortRun(run)} ${ended.state}`);
}
