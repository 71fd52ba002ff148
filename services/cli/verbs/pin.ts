import { pin as pinIt, type Pinnable, type PinResult, unpin as unpinIt } from "millrace/control";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { shortDigest, shortRun } from "../print/values.ts";
import { findPinnable } from "../read/pinnable.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

export interface PinOptions extends CommonOptions {
  readonly reason?: string;
}

/** Keeps an artifact, or whatever a run refers to, from being collected. */
export async function pin(
  invocation: Invocation,
  options: PinOptions,
  [name = ""]: readonly string[],
): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const what = await findPinnable(session.log, invocation, name);
  const store = storeOf(invocation.data);
  // Opening it brings it back if it is on its way out.
  const isThere = (digest: string): Promise<boolean> => store.open(digest).then(Boolean, () => false);
  const result = await pinIt(session.log, what, options.reason ?? "", isThere);
  show(invocation, what, result, ["is pinned", "was pinned for that reason already"]);
  return exitCode.done;
}

/** Takes a pin away. */
export async function unpin(
  invocation: Invocation,
  options: PinOptions,
  [name = ""]: readonly string[],
): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const what = await findPinnable(session.log, invocation, name);
  const result = await unpinIt(session.log, what, options.reason ?? "");
  show(invocation, what, result, ["is not pinned any more", "was not pinned"]);
  return exitCode.done;
}

function show(
  { json, print }: Invocation,
  what: Pinnable,
  result: PinResult,
  [changed, unchanged]: readonly [string, string],
): void {
  const named = what.kind === "run" ? { run: what.run, digest: null } : { run: null, digest: what.digest };
  if (json) return print(JSON.stringify({ ...named, ...result }));
  const name = what.kind === "run" ? `Run ${shortRun(what.run)}` : `Artifact ${shortDigest(what.digest)}`;
  print(`${name} ${result.changed ? changed : unchanged}`);
}
