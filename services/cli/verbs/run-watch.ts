import { findRun } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { printRun } from "../print/run.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { openStack } from "../session/stack-session.ts";
import { storeOf } from "../session/store.ts";
import { followRun } from "../watching/follow-run.ts";
import { showProgress } from "../watching/show-progress.ts";

/** Follows a run until it ends, with a stack of its own if none runs. */
export async function runWatch(
  invocation: Invocation,
  _options: CommonOptions,
  [name = "latest"]: readonly string[],
): Promise<ExitCode> {
  await using session = await openStack(invocation);
  const place = await findRun(session.log, name, { kept: keptRuns(session.log, invocation) });
  const views = followRun(session.log, storeOf(invocation.data), place);
  const stream = invocation.json ? process.stderr : process.stdout;
  const last = await Promise.race([showProgress(views, stream), session.trouble]);
  if (last === undefined) return exitCode.failed;
  invocation.print(invocation.json ? JSON.stringify(last) : `\n${printRun(last)}`);
  return last.state === "succeeded" ? exitCode.done : exitCode.failed;
}
