import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Terminal } from "millrace/model";
import { debugExecution, type DebugResult } from "../debugging/debug-execution.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type CommonOptions, type Invocation, workingDirectory } from "../invocation.ts";
import { type RecordedStart, recordedStart } from "../debugging/recorded-start.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { readRun } from "../read/run-view.ts";
import { openLog } from "../session/log-session.ts";
import { chosenServices } from "../session/services.ts";
import { storeOf } from "../session/store.ts";

export interface ExecOptions extends CommonOptions {
  readonly inspectBrk?: boolean;
  readonly out?: string;
}

/** Runs a node's executor once on its recorded inputs, in the foreground; writes neither log nor store. */
export async function exec(
  invocation: Invocation,
  options: ExecOptions,
  [runName = "latest", nodeName = ""]: readonly string[],
): Promise<ExitCode> {
  const recorded = await readRecorded(invocation, runName, nodeName);
  const scratch = mkdtempSync(join(tmpdir(), "millrace-scratch-"));
  try {
    const result = await debugExecution({
      main: mainOf(invocation, recorded),
      data: invocation.data,
      store: storeOf(invocation.data),
      scratch,
      start: recorded.start,
      inspectBrk: options.inspectBrk ?? false,
      note: invocation.note,
    });
    const out = options.out === undefined ? mkdtempSync(join(tmpdir(), "millrace-exec-")) : options.out;
    show(invocation, recorded, result, copyOutputs(recorded, result, resolve(workingDirectory(), out)));
    return exitCode.done;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function readRecorded(invocation: Invocation, runName: string, nodeName: string): Promise<RecordedStart> {
  await using session = await openLog(invocation);
  const store = storeOf(invocation.data);
  const to = await session.log.leaderLastSequence();
  return recordedStart(
    store,
    await readRun(session.log, store, runName, { to, kept: keptRuns(session.log, invocation) }),
    nodeName,
  );
}

function mainOf({ data }: Invocation, { start }: RecordedStart): string {
  const service = chosenServices(data.project, {}).find(({ name }) => name === start.component);
  if (service !== undefined) return service.main;
  const message = `Cannot run node "${start.node}": no service of this project is component "${start.component}"`;
  throw new Terminal("unknown-component", message);
}

interface CopiedOutput {
  readonly name: string;
  readonly digest: string;
  readonly path: string;
  /** Digest that the run recorded; null if the node failed there. */
  readonly recorded: string | null;
}

function copyOutputs({ outputs }: RecordedStart, result: DebugResult, out: string): readonly CopiedOutput[] {
  return result.outputs.map(({ name, digest, path: from }) => {
    const path = join(out, name);
    mkdirSync(path, { recursive: true });
    cpSync(from, path, { recursive: true });
    return { name, digest, path, recorded: outputs.get(name) ?? null };
  });
}

function show(
  { json, print }: Invocation,
  { start }: RecordedStart,
  { metrics, note }: DebugResult,
  outputs: readonly CopiedOutput[],
): void {
  if (json) return print(JSON.stringify({ run: start.run, node: start.node, outputs, metrics, note }));
  for (const output of outputs) print(`${output.name}: ${output.path} (${comparison(output)})`);
  if (note !== "") print(note);
}

function comparison({ digest, recorded }: CopiedOutput): string {
  if (recorded === null) return digest;
  return digest === recorded ? "the same bytes as recorded" : `${digest}, recorded was ${recorded}`;
}
