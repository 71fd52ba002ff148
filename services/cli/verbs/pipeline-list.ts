import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { moment } from "../print/values.ts";
import { sequenceAt } from "../read/moment.ts";
import { readRegisteredPlans } from "../read/registered-plans.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

/** Lists registered pipelines. */
export async function pipelineList(invocation: Invocation, { at }: ReadOptions): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const atSequence = await sequenceAt(session.log, at, invocation);
  const registered = await readRegisteredPlans(session.log, storeOf(invocation.data), atSequence);
  const pipelines = registered.map(({ pipeline, version, planDigest, plan, sequence, registeredAt }) => {
    const dataset = plan.trigger?.dataset ?? "";
    return { pipeline, version, planDigest, dataset, nodes: plan.nodes.length - 1, sequence, registeredAt };
  });
  if (invocation.json) invocation.print(JSON.stringify({ atSequence, pipelines }));
  else if (pipelines.length === 0)
    invocation.print("No pipeline is registered: `millrace pipeline register pipeline.ts`.");
  else {
    const rows = pipelines.map((row) => [
      row.pipeline,
      String(row.version),
      row.dataset,
      String(row.nodes),
      moment(row.registeredAt),
    ]);
    invocation.print(printTable(["pipeline", "version", "dataset", "nodes", "registered"], rows));
  }
  return exitCode.done;
}
