import { type ArtifactStore, readFeatureValues } from "millrace/artifacts";
import { runDifference, type RunSide, type SplitStatistics } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printDifference } from "../print/difference.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { readMoment } from "../read/moment.ts";
import { type ReadRun, readRun } from "../read/run-view.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

/** Holds two runs side by side. */
export async function diff(
  invocation: Invocation,
  { at }: ReadOptions,
  [first = "", second = "latest"]: readonly string[],
): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const { sequence: to, nowMs } = await readMoment(session.log, at, invocation);
  const store = storeOf(invocation.data);
  const moment = { to, nowMs, kept: keptRuns(session.log, invocation) };
  const was = await readRun(session.log, store, first, moment);
  const is = await readRun(session.log, store, second, moment);
  const difference = runDifference(await sideOf(store, was, is), await sideOf(store, is, was));
  invocation.print(invocation.json ? JSON.stringify({ atSequence: to, ...difference }) : printDifference(difference));
  return exitCode.done;
}

/** A run with the statistics that it does not share with the other. */
async function sideOf(store: ArtifactStore, { view, plan }: ReadRun, other: ReadRun): Promise<RunSide> {
  const shared = new Set(other.view.nodes.flatMap(({ outputs }) => outputs.map(({ digest }) => digest)));
  const statistics = new Map<string, SplitStatistics>();
  for (const { node, outputs } of view.nodes) {
    for (const { name, type, digest } of outputs) {
      if (type !== "ExampleStatistics" || shared.has(digest)) continue;
      const values = await readFeatureValues(store, digest);
      if (values) statistics.set(`${node}.${name}`, values);
    }
  }
  return { view, plan, statistics };
}
