import { type Finding, type Verified, verify as verifyAll } from "millrace/audit";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { sequenceAt } from "../read/moment.ts";
import { openLog } from "../session/log-session.ts";
import { keeperOf, storeOf } from "../session/store.ts";

/** Time between two words about progress, in milliseconds. */
const progressEveryMs = 2_000;

/** Walks the whole log and the artifact store; exit status 1 if anything is not as it must be. */
export async function verify(invocation: Invocation, { at }: ReadOptions): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const to = await sequenceAt(session.log, at, invocation);
  const { data, note } = invocation;
  const stored = { store: storeOf(data), keeper: keeperOf(data) };
  const verified = await verifyAll({ log: session.log, ...stored, to, progress: nowAndThen(note) });
  show(invocation, to, verified);
  return verified.ok ? exitCode.done : exitCode.failed;
}

/** Passes a sentence on if the last is some time ago. */
function nowAndThen(note: Invocation["note"]): (sentence: string) => void {
  let lastMs = performance.now();
  return (sentence) => {
    if (performance.now() - lastMs < progressEveryMs) return;
    lastMs = performance.now();
    note(sentence);
  };
}

function show({ json, print, note }: Invocation, atSequence: number, verified: Verified): void {
  if (json) return print(JSON.stringify({ ...verified, atSequence }));
  const { ok, events, unknown, artifacts, bytes, problems, notes, omitted } = verified;
  const later = unknown > 0 ? `, ${unknown} of them of a later version` : "";
  print(
    `${events} messages${later}, ${artifacts} artifacts of ${bytes} bytes: ${ok ? "all is as it must be" : "NOT OK"}.`,
  );
  for (const problem of problems) print(line(problem));
  for (const found of notes) note(`note: ${line(found)}`);
  if (omitted > 0) print(`${omitted} more are not listed.`);
}

function line({ code, sequence, message }: Finding): string {
  return `${code}${sequence === null ? "" : ` at message ${sequence}`}: ${message}`;
}
