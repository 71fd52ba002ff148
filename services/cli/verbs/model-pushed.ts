import { readPushed } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { moment, shortDigest, shortRun } from "../print/values.ts";
import { findDestination } from "../read/destination.ts";
import { sequenceAt } from "../read/moment.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

/** Shows what a destination serves, since when, and every version it had. */
export async function modelPushed(
  invocation: Invocation,
  { at }: ReadOptions,
  [name = ""]: readonly string[],
): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const to = await sequenceAt(session.log, at, invocation);
  const store = storeOf(invocation.data);
  const destination = await findDestination(session.log, store, name, to);
  const answer = await readPushed(session.log, destination, to, (digest) => store.uriOf(digest));
  if (invocation.json) {
    invocation.print(JSON.stringify(answer));
    return exitCode.done;
  }
  const { served, history } = answer;
  invocation.print(
    served === null
      ? `${answer.destination} served nothing as of message ${to}.`
      : `${answer.destination} serves version ${served.version} since ${moment(served.since)}: model ${shortDigest(served.digest)} of run ${shortRun(served.run)}`,
  );
  if (history.length === 0) return exitCode.done;
  const rows = history.map((version) => [
    String(version.version),
    version.restoredVersion === null ? version.state : `${version.state} (${version.restoredVersion} again)`,
    shortDigest(version.digest),
    shortRun(version.run),
    moment(version.pushedAt),
    version.reason ?? "",
  ]);
  invocation.print(`\n${printTable(["version", "state", "model", "run", "pushed", "why"], rows)}`);
  return exitCode.done;
}
