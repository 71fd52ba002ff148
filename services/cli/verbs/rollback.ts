import { versionRestorer } from "millrace/artifacts";
import { rollBack, type RolledBackDestination } from "millrace/control";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { shortDigest, shortRun } from "../print/values.ts";
import { findDestination } from "../read/destination.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";
import { WrongUse } from "../wrong-use.ts";

export interface RollbackOptions extends CommonOptions {
  readonly to?: string;
  readonly reason?: string;
}

/** Makes a destination serve an earlier pushed model again. */
export async function rollback(
  invocation: Invocation,
  { to, reason = "" }: RollbackOptions,
  [name = ""]: readonly string[],
): Promise<ExitCode> {
  const version = to === undefined ? {} : { to: parseVersion(to) };
  await using session = await openLog(invocation);
  const { log } = session;
  const store = storeOf(invocation.data);
  const { destination } = await findDestination(log, store, name, await log.leaderLastSequence());
  const pushRoot = process.env["MILLRACE_PUSH_ROOT"] ?? invocation.data.pushRoot;
  const done = await rollBack(log, versionRestorer(store, pushRoot), { destination, reason, ...version });
  show(invocation, done);
  return exitCode.done;
}

function parseVersion(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new WrongUse(`Cannot read --to ${text}: it must be a version, a number; \`millrace model pushed\` lists them`);
}

function show({ json, print, note }: Invocation, done: RolledBackDestination): void {
  if (json) return print(JSON.stringify(done));
  const { destination, from, to, version, changed, adopted } = done;
  if (adopted) note("Someone had begun this rollback and not finished it; it is finished now.");
  const model = `model ${shortDigest(to.model)} of run ${shortRun(to.run)}, pushed first as version ${to.version}`;
  print(
    changed
      ? `${destination} serves version ${version}: ${model}. Before it was version ${from.version}.`
      : `${destination} serves that already, as version ${version}: ${model}.`,
  );
}
