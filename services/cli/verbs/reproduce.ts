import { planReader } from "millrace/artifacts";
import { type DerivedRun, reproduceRun } from "millrace/control";
import { createPlans } from "millrace/driver";
import { findRun, type VerdictView } from "millrace/projections";
import { awaitVerdict } from "../deriving/await-verdict.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { printVerdict } from "../print/derivation.ts";
import { shortRun } from "../print/values.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { openStack, type StackSession } from "../session/stack-session.ts";
import { storeOf } from "../session/store.ts";

export interface ReproduceOptions extends CommonOptions {
  readonly wait?: boolean;
}

/** Runs a run again, with --wait until every output was compared. */
export async function reproduce(
  invocation: Invocation,
  options: ReproduceOptions,
  [name = "latest"]: readonly string[],
): Promise<ExitCode> {
  await using session = await openStack(invocation);
  const { log } = session;
  const store = storeOf(invocation.data);
  const plans = createPlans(log, planReader(store));
  const context = { log, plans, has: (digest: string) => store.has(digest) };
  const derived = await reproduceRun(context, await findRun(log, name, { kept: keptRuns(log, invocation) }));
  const verdict = await verdictOn(invocation, options, session, derived);
  show(invocation, derived, verdict);
  return verdict?.verdict === "diverged" ? exitCode.failed : exitCode.done;
}

/** A stack that was started for this verb alone stays until the verdict: the run would stand still without it. */
async function verdictOn(
  { note }: Invocation,
  { wait = false }: ReproduceOptions,
  { log, own, trouble }: StackSession,
  derived: DerivedRun,
): Promise<VerdictView | undefined> {
  if (!wait && !own) return undefined;
  if (!wait) note("No stack runs, so this one stays until the verdict (`millrace up` keeps one).");
  return Promise.race([awaitVerdict(log, derived), trouble]);
}

function show({ json, print }: Invocation, { run, of }: DerivedRun, verdict: VerdictView | undefined): void {
  if (json) {
    const { outputs = [], outputsOmitted = 0, environments = [] } = verdict ?? {};
    print(JSON.stringify({ run, of, verdict: verdict?.verdict ?? null, outputs, outputsOmitted, environments }));
    return;
  }
  const what = verdict ? printVerdict(verdict) : "`millrace run show` tells the verdict when it has ended";
  print(`Run ${shortRun(run)} reproduces run ${shortRun(of)}: ${what}`);
}
