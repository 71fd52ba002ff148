import { cpSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Terminal } from "millrace/model";
import { debugExecution } from "../debugging/debug-execution.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type CommonOptions, type Invocation, workingDirectory } from "../invocation.ts";
import { recordedStart } from "../debugging/recorded-start.ts";
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
  const { data, json, print, note } = invocation;
  const store = storeOf(data);
  const recorded = await readRecorded(invocation, runName, nodeName);
  const service = chosenServices(data.project, {}).find(({ name }) => name === recorded.start.component);
  if (service === undefined) {
    throw new Terminal(
      "unknown-component",
      `Cannot run ${nodeName}: no service here is component ${recorded.start.component}`,
    );
  }
  const scratch = mkdtempSync(join(tmpdir(), "millrace-exec-"));
  const result = await debugExecution({
    main: service.main,
    data,
    store,
    scratch,
    start: recorded.start,
    inspectBrk: options.inspectBrk ?? false,
    note,
  });
  const out = options.out === undefined ? join(scratch, "outputs") : resolve(workingDirectory(), options.out);
  const outputs = result.outputs.map(({ name, digest, path }) => {
    const place = join(out, name);
    mkdirSync(place, { recursive: true });
    cpSync(path, place, { recursive: true });
    return { name, digest, path: place, recorded: recorded.outputs.get(name) ?? null };
  });
  const { metrics, note: remark } = result;
  if (json)
    print(JSON.stringify({ run: recorded.start.run, node: recorded.start.node, outputs, metrics, note: remark }));
  else {
    for (const output of outputs) print(`${output.name}: ${output.path} (${comparison(output)})`);
    if (remark !== "") print(remark);
  }
  return exitCode.done;
}

async function readRecorded(invocation: Invocation, runName: string, nodeName: string) {
  await using session = await openLog(invocation);
  const to = await session.log.leaderLastSequence();
  return recordedStart(
    storeOf(invocation.data),
    await readRun(session.log, storeOf(invocation.data), runName, to),
    nodeName,
  );
}

function comparison({ digest, recorded }: { readonly digest: string; readonly recorded: string | null }): string {
  if (recorded === null) return digest;
  return digest === recorded ? "the same bytes as recorded" : `${digest}, recorded was ${recorded}`;
}
