import { resolve } from "node:path";
import { findRunningStack } from "@millrace/local";
import { type Imported, importHistory, readHeader } from "millrace/history";
import { Terminal } from "millrace/model";
import { listRuns } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type CommonOptions, type Invocation, workingDirectory } from "../invocation.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";
import { WrongUse } from "../wrong-use.ts";

/** Brings what `export` wrote into this log and store. */
export async function importFile(
  invocation: Invocation,
  _options: CommonOptions,
  [given]: readonly string[],
): Promise<ExitCode> {
  if (given === undefined) throw new WrongUse("import needs the file that `export` wrote");
  const file = resolve(workingDirectory(), given);
  const header = await readHeader(file);
  if (header.run === "") await assertNoServices(invocation);
  await using session = await openLog(invocation);
  const imported = await importHistory(session.log, storeOf(invocation.data), file);
  const runs = imported.run ? [] : await listRuns(session.log, Date.now());
  const openRuns = runs.filter(({ state }) => state === "queued" || state === "running").map(({ run }) => run);
  show(invocation, file, imported, openRuns);
  return exitCode.done;
}

/** Services would act on the log's beginning before they saw its end. */
async function assertNoServices({ data }: Invocation): Promise<void> {
  if ((await findRunningStack(data)) === undefined) return;
  const message =
    "Cannot import a whole log as no services may run meanwhile: a stack runs here. `millrace down` stops it";
  throw new Terminal("stack-running", message);
}

function show(
  { json, print, note }: Invocation,
  file: string,
  { run: place, written, standing, payloads }: Imported,
  openRuns: readonly string[],
): void {
  const { pipeline = null, run = null } = place ?? {};
  const scope = place ? "run" : "log";
  if (json) return print(JSON.stringify({ file, scope, pipeline, run, written, standing, payloads, openRuns }));
  const what = run === null ? "The log" : `Run ${run}`;
  print(
    written === 0
      ? `${what} is here already, message for message; ${payloads} artifacts were brought.`
      : `${what} was imported: ${written} messages${standing > 0 ? ` behind ${standing} that were here` : ""}, ${payloads} artifacts.`,
  );
  if (openRuns.length > 0)
    note(`${openRuns.length} runs had not ended there: they go on here as soon as services run (\`millrace up\`).`);
}
