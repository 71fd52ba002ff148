import { Terminal } from "millrace/model";
import { type BlessedView, readBlessed } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { moment, shortDigest, shortRun } from "../print/values.ts";
import { sequenceAt } from "../read/moment.ts";
import { readRegisteredPlans } from "../read/registered-plans.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

/** Shows the model that a pipeline blessed last, and the one before it. */
export async function modelBlessed(
  invocation: Invocation,
  { at }: ReadOptions,
  [pipeline = ""]: readonly string[],
): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const to = await sequenceAt(session.log, at, invocation);
  const store = storeOf(invocation.data);
  const known = (await readRegisteredPlans(session.log, store, to)).map((plan) => plan.pipeline);
  if (!known.includes(pipeline))
    throw new Terminal(
      "unknown-pipeline",
      `Cannot tell what pipeline "${pipeline}" blessed: there is none of that name (known: ${known.join(", ") || "none"})`,
    );
  const answer = await readBlessed(session.log, pipeline, to, (digest) => store.uriOf(digest));
  if (invocation.json) invocation.print(JSON.stringify(answer));
  else if (answer.model === null) invocation.print(`Pipeline ${pipeline} had blessed no model as of message ${to}.`);
  else {
    const rows = [answer.model, answer.previous].flatMap((model) => (model ? [rowOf(model)] : []));
    invocation.print(printTable(["model", "blessed", "by run", "message", "measured by"], rows));
  }
  return exitCode.done;
}

function rowOf({ digest, blessedAt, run, sequence, baseline }: BlessedView): readonly string[] {
  return [
    shortDigest(digest),
    moment(blessedAt),
    shortRun(run),
    String(sequence),
    baseline === null ? "nothing: the first" : shortDigest(baseline),
  ];
}
