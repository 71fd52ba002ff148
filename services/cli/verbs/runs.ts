import { listRuns } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { duration, moment, shortRun } from "../print/values.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { chooser, type RunChoice } from "../read/choose-runs.ts";
import { readMoment } from "../read/moment.ts";
import { openLog } from "../session/log-session.ts";

export interface RunsOptions extends ReadOptions, RunChoice {}

/** Lists runs, newest first. */
export async function runs(invocation: Invocation, { at, ...given }: RunsOptions): Promise<ExitCode> {
  const choose = chooser(given);
  await using session = await openLog(invocation);
  const { sequence: atSequence, nowMs } = await readMoment(session.log, at, invocation);
  const all = await listRuns(session.log, nowMs, { to: atSequence, kept: keptRuns(session.log, invocation) });
  const list = choose(all);
  if (invocation.json) {
    invocation.print(JSON.stringify(list.map((run) => Object.assign({}, run, { atSequence }))));
  } else if (list.length === 0 && all.length > 0) {
    invocation.print(`None of ${all.length} runs is such a one.`);
  } else if (list.length === 0) {
    invocation.print("No run was started yet: `millrace publish <dataset> <path>`.");
  } else {
    const rows = list.map((run) => [
      shortRun(run.run),
      run.pipeline,
      run.state,
      moment(run.startedAt),
      duration(run.durationMs),
      run.trigger,
    ]);
    invocation.print(printTable(["run", "pipeline", "state", "started", "took", "trigger"], rows));
  }
  return exitCode.done;
}
