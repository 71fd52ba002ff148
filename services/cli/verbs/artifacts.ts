import { artifactsOf, findRun, listArtifacts, readRetentions } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { shortDigest, shortRun } from "../print/values.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { sequenceAt } from "../read/moment.ts";
import { readFold } from "../read/run-view.ts";
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
  const { log } = session;
  const store = storeOf(invocation.data);
  const uriOf = (digest: string): string => store.uriOf(digest);
  const at = { to, kept: keptRuns(log, invocation) };
  const retentions = await readRetentions(log, { to });
  const all =
    options.run === undefined
      ? await listArtifacts(log, uriOf, { ...at, retentions })
      : artifactsOf([await readFold(log, await findRun(log, options.run, at), to)], uriOf, retentions);
  const list = all.filter(({ type }) => options.type === undefined || type === options.type).toReversed();
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
