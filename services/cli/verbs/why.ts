import { planReader } from "millrace/artifacts";
import { createPlans } from "millrace/driver";
import { findRun, readWhy } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printWhy } from "../print/why.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { readMoment } from "../read/moment.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

/** Tells why a node of a run stands where it stands. */
export async function why(
  invocation: Invocation,
  { at }: ReadOptions,
  [name = "latest", node = ""]: readonly string[],
): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const { log } = session;
  const { sequence: to, nowMs } = await readMoment(log, at, invocation);
  const { pipeline, run } = await findRun(log, name, { to, kept: keptRuns(log, invocation) });
  const plans = createPlans(log, planReader(storeOf(invocation.data)));
  const answer = await readWhy(log, (reference) => plans.load(reference), { pipeline, run, node, to, nowMs });
  invocation.print(invocation.json ? JSON.stringify(answer) : printWhy(answer));
  return exitCode.done;
}
