import { parseToken } from "millrace/model";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type CommonOptions, type Invocation, workingDirectory } from "../invocation.ts";
import { shortRun } from "../print/values.ts";
import { awaitEnds, type EndedRun } from "../publishing/await-ends.ts";
import { awaitStarts, type Started, type StartedRun } from "../publishing/await-starts.ts";
import { cloudEventOf, type DatasetOptions, datasetEventOf } from "../publishing/dataset-event.ts";
import { publishPlainly } from "../publishing/publish-plainly.ts";
import { storeOf } from "../session/store.ts";
import { openStack, type StackSession } from "../session/stack-session.ts";
import { subjectsOf } from "millrace/log";

export interface PublishOptions extends CommonOptions, DatasetOptions {
  readonly wait?: boolean;
}

/** Publishes a dataset and tells which runs it starts, with --wait also how they end. */
export async function publish(
  invocation: Invocation,
  options: PublishOptions,
  [dataset = "", path = ""]: readonly string[],
): Promise<ExitCode> {
  const event = datasetEventOf(parseToken("dataset name", dataset), path, options, workingDirectory());
  await using session = await openStack(invocation);
  const subject = subjectsOf(session.log.namespace).dataset(dataset);
  const sequence = await publishPlainly(session.natsUrl, subject, cloudEventOf(event));
  const waiting = awaitStarts(session.log, storeOf(invocation.data), event, sequence);
  const started = await Promise.race([waiting, session.trouble]);
  const ended = await ends(invocation, options, session, started);
  show(invocation, sequence, started, ended);
  const failed =
    started.kind === "rejected" || (options.wait === true && ended.some(({ state }) => state !== "succeeded"));
  return failed ? exitCode.failed : exitCode.done;
}

/** A stack that was started for this verb alone stays until the runs end: they would stand still without it. */
async function ends(
  { note }: Invocation,
  { wait = false }: PublishOptions,
  session: StackSession,
  started: Started,
): Promise<readonly EndedRun[]> {
  if (started.kind === "rejected" || !(wait || session.own)) return [];
  if (!wait) note("No stack runs, so this one stays until the runs end (`millrace up` keeps one).");
  return Promise.race([awaitEnds(session.log, started.runs), session.trouble]);
}

function show({ json, print, note }: Invocation, sequence: number, started: Started, ended: readonly EndedRun[]): void {
  if (started.kind === "rejected") {
    const { code, message } = started;
    note(`Refused (${code}): ${message}`);
    if (json) print(JSON.stringify({ sequence, rejected: { code, message } }));
    return;
  }
  for (const { run, state, reason } of ended)
    if (state !== "succeeded") note(`Run ${shortRun(run)} ${state}: ${reason}`);
  const runs: readonly (StartedRun | EndedRun)[] = ended.length > 0 ? ended : started.runs;
  if (json) return print(JSON.stringify({ sequence, run: runs[0]?.run ?? null, runs }));
  const lines = runs.map((run) => `Run ${shortRun(run.run)} of pipeline ${run.pipeline} ${stateOf(run)}`);
  print(lines.join("\n"));
}

function stateOf(run: StartedRun | EndedRun): string {
  return "state" in run ? run.state : "started";
}
