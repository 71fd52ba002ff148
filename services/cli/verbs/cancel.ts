import { planReader } from "millrace/artifacts";
import { cancelRun, type CancelledRun } from "millrace/control";
import { createPlans } from "millrace/driver";
import { findRun } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { shortRun } from "../print/values.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { interruption } from "../session/interruption.ts";
import { openLog } from "../session/log-session.ts";
import { openStack } from "../session/stack-session.ts";
import { storeOf } from "../session/store.ts";

export interface CancelOptions extends CommonOptions {
  readonly reason?: string;
  readonly wait?: boolean;
}

/** Wait for the run's end without --wait, in milliseconds: work stops within two seconds. */
const briefWaitMs = 5_000;

/** Cancels a run, and says of each node who was first: the cancel or its own end. */
export async function cancel(
  invocation: Invocation,
  { reason = "", wait = false }: CancelOptions,
  [name = "latest"]: readonly string[],
): Promise<ExitCode> {
  await using session = wait ? await openStack(invocation) : await openLog(invocation);
  const { log } = session;
  const place = await findRun(log, name, { kept: keptRuns(log, invocation) });
  const plans = createPlans(log, planReader(storeOf(invocation.data)));
  const patience = wait ? interruption() : AbortSignal.timeout(briefWaitMs);
  const cancelled = await cancelRun(log, plans, { ...place, reason }, patience);
  show(invocation, cancelled);
  return cancelled.state === "succeeded" || cancelled.state === "failed" ? exitCode.failed : exitCode.done;
}

function show({ json, print, note }: Invocation, cancelled: CancelledRun): void {
  const { run, state, nodes, reason } = cancelled;
  if (nodes.some(({ verdict }) => verdict === "open"))
    note("The request is in the log, and the run has not ended yet: a service that is to stop is away, or none runs.");
  if (json) return print(JSON.stringify(cancelled));
  print(`Run ${shortRun(run)} ${sentences[state] ?? `is ${state}`}${reason === null ? "" : ` (${reason})`}`);
  print(
    printTable(
      ["node", "verdict"],
      nodes.map(({ node, verdict }) => [node, verdict]),
    ),
  );
}

const sentences: Readonly<Partial<Record<CancelledRun["state"], string>>> = {
  cancelled: "is cancelled",
  succeeded: "succeeded: every node completed before the cancel reached it",
  failed: "failed before the cancel reached it",
};
