import { artifactsOf, findRun, foldRuns, readRetentions } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { shortDigest, shortRun } from "../print/values.ts";
import { sequenceAt } from "../read/moment.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

export interface ArtifactsOptions extends ReadOptions {
  readonly type?: string;
  readonly run?: string;
}

/** Lists artifacts, newest first. */
export async function artifacts(invocation: Invocation, options: ArtifactsOptions): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const to = await sequenceAt(session.log, options.at, invocation);
  const folds = await foldRuns(session.log, { to });
  const only = options.run === undefined ? undefined : (await findRun(session.log, options.run, { to })).run;
  const chosen = [...folds.values()].filter(({ run }) => only === undefined || run === only);
  const store = storeOf(invocation.data);
  const retentions = await readRetentions(session.log, { to });
  const list = artifactsOf(chosen, (digest) => store.uriOf(digest), retentions)
    .filter(({ type }) => options.type === undefined || type === options.type)
    .toReversed();
  if (invocation.json) {
    invocation.print(JSON.stringify({ atSequence: to, artifacts: list }));
    return exitCode.done;
  }
  const rows = list.map((artifact) => [
    artifact.type,
    shortDigest(artifact.digest),
    `${artifact.node}.${artifact.output}`,
    shortRun(artifact.run),
    String(artifact.bytes),
    artifact.collected ? "collected" : artifact.uri,
  ]);
  invocation.print(
    rows.length === 0 ? "There are none." : printTable(["type", "digest", "made by", "run", "bytes", "uri"], rows),
  );
  return exitCode.done;
}
