import { resolve } from "node:path";
import { planReader, storePlan } from "millrace/artifacts";
import { type ForkedRun, forkRun } from "millrace/control";
import { createPlans } from "millrace/driver";
import type { PlanChange } from "millrace/pipeline";
import { findRun } from "millrace/projections";
import { codePlan } from "../deriving/code-plan.ts";
import { knownDeclarations } from "../deriving/known-declarations.ts";
import { parseSetting } from "../deriving/parameter-setting.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type CommonOptions, type Invocation, workingDirectory } from "../invocation.ts";
import { shortRun } from "../print/values.ts";
import { awaitEnds, type EndedRun } from "../publishing/await-ends.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { openStack, type StackSession } from "../session/stack-session.ts";
import { storeOf } from "../session/store.ts";

export interface ForkOptions extends CommonOptions {
  readonly from: string;
  /** `node.parameter=value`, as given. */
  readonly set?: readonly string[];
  readonly code?: string;
  readonly push?: boolean;
  readonly wait?: boolean;
}

/** Starts a run that branches off another, with --wait to its end. */
export async function fork(
  invocation: Invocation,
  options: ForkOptions,
  [name = "latest"]: readonly string[],
): Promise<ExitCode> {
  const { data } = invocation;
  const set = (options.set ?? []).map(parseSetting);
  const code = options.code === undefined ? undefined : resolve(workingDirectory(), options.code);
  await using session = await openStack(invocation);
  const { log } = session;
  const store = storeOf(data);
  const place = await findRun(log, name, { kept: keptRuns(log, invocation) });
  const plan = code === undefined ? undefined : await codePlan(code, place.pipeline, store);
  const forked = await forkRun(
    {
      log,
      plans: createPlans(log, planReader(store)),
      has: (digest) => store.has(digest),
      commitPlan: (bytes) => storePlan(store, bytes),
      declarationOf: set.length === 0 ? () => undefined : await knownDeclarations(data.project),
    },
    { ...place, from: options.from, set, push: options.push ?? false, ...(plan === undefined ? {} : { plan }) },
  );
  const ended = await endOf(invocation, options, session, forked);
  show(invocation, forked, ended);
  return ended !== undefined && ended.state !== "succeeded" ? exitCode.failed : exitCode.done;
}

/** A stack that was started for this verb alone stays until the run ends: it would stand still without it. */
async function endOf(
  { note }: Invocation,
  { wait = false }: ForkOptions,
  { log, own, trouble }: StackSession,
  forked: ForkedRun,
): Promise<EndedRun | undefined> {
  if (!wait && !own) return undefined;
  if (!wait) note("No stack runs, so this one stays until the run ends (`millrace up` keeps one).");
  const [ended] = await Promise.race([awaitEnds(log, [forked]), trouble]);
  return ended;
}

function show({ json, print }: Invocation, forked: ForkedRun, ended: EndedRun | undefined): void {
  const { run, of, from, taken, changed } = forked;
  const end = ended && { state: ended.state, reason: ended.reason };
  if (json) return print(JSON.stringify({ run, of, from, taken, changed, ...end }));
  print(`Run ${shortRun(run)} forks run ${shortRun(of)} from ${from}`);
  print(taken.length === 0 ? "Takes nothing from it" : `Takes ${taken.join(", ")}`);
  for (const change of changed) print(changeLine(change));
  if (end) print(`${end.state}${end.reason === null ? "" : `: ${end.reason}`}`);
}

function changeLine({ node, what, name, was, is }: PlanChange): string {
  return `Changes ${node}: ${what === "node" ? "" : `${what} ${name} `}was ${JSON.stringify(was)}, is ${JSON.stringify(is)}`;
}
