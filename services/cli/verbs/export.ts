import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type Exported, exportLog, type ExportOptions, exportRun } from "millrace/history";
import { findRun } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type Invocation, type ReadOptions, workingDirectory } from "../invocation.ts";
import { shortRun } from "../print/values.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { sequenceAt } from "../read/moment.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

export interface ExportVerbOptions extends ReadOptions {
  readonly out: string;
  readonly artifacts?: boolean;
}

/** Writes the log or one run to a file. */
export async function exportHistory(
  invocation: Invocation,
  { out, artifacts = false, at }: ExportVerbOptions,
  [name]: readonly string[],
): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const { log } = session;
  const to = await sequenceAt(log, at, invocation);
  const store = storeOf(invocation.data);
  const file = resolve(workingDirectory(), out);
  const options: ExportOptions = { file, to, ...(artifacts ? { store } : {}) };
  const place = name === undefined ? undefined : await findRun(log, name, { to, kept: keptRuns(log, invocation) });
  const exported = place ? await exportRun(log, place, store, options) : await exportLog(log, store, options);
  show(invocation, file, to, place, exported);
  return exitCode.done;
}

function show(
  { json, print, note }: Invocation,
  file: string,
  atSequence: number,
  place: { readonly pipeline: string; readonly run: string } | undefined,
  exported: Exported,
): void {
  const { pipeline = null, run = null } = place ?? {};
  const scope = place ? "run" : "log";
  const bytes = statSync(file).size;
  if (json) return print(JSON.stringify({ file, scope, pipeline, run, atSequence, bytes, ...exported }));
  const what = run === null ? "the log" : `run ${shortRun(run)}`;
  print(`Wrote ${what} to ${file}: ${exported.messages} messages, ${exported.payloads} artifacts, ${bytes} bytes.`);
  if (exported.missing.length > 0)
    note(`${exported.missing.length} artifacts are not in the store and were left out: ${exported.missing.join(", ")}`);
}
