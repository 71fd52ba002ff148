import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printRun } from "../print/run.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { readMoment } from "../read/moment.ts";
import { readRun } from "../read/run-view.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

/** Shows a run. */
export async function runShow(
  invocation: Invocation,
  { at }: ReadOptions,
  [name = "latest"]: readonly string[],
): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const { sequence: to, nowMs } = await readMoment(session.log, at, invocation);
  const { view } = await readRun(session.log, storeOf(invocation.data), name, {
    to,
    nowMs,
    kept: keptRuns(session.log, invocation),
  });
  invocation.print(invocation.json ? JSON.stringify(view) : printRun(view));
  return exitCode.done;
}
