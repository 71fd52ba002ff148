import { JournalStatus } from "millrace/contracts/millrace/event/v1/event.ts";
import type { AuditedLog, AuditedRun, Message } from "./log-audit.ts";

const terminal = new Set(["completed", "skipped", "cancelled"]);

/**
 * What a log breaks of the protocol's promises. Runs are told from others by their ids.
 * @param runs Runs that must have succeeded.
 * @returns A sentence each; empty if all is well.
 */
export function violationsOf(log: AuditedLog, runs: readonly string[]): readonly string[] {
  return [
    ...runs.flatMap((run) => runViolations(run, log.runs.get(run))),
    ...[...log.chains].flatMap(([subject, messages]) => chainViolations(subject, messages)),
    ...[...log.chains].flatMap(([subject, messages]) => {
      if (subject.includes(".target.")) return pushViolations(messages);
      return subject.includes(".blessed.") ? blessingViolations(messages) : [];
    }),
  ];
}

/** Completed outputs whose ArtifactProduced is not there yet: written by whoever sees that, in time. */
export function missingFanOut(log: AuditedLog, runs: readonly string[]): readonly string[] {
  return runs.flatMap((run) => {
    const audited = log.runs.get(run);
    return [...(audited?.digests ?? [])].flatMap(([output, digest]) =>
      producedDigest(audited?.fanOut.get(output)?.at(-1)) === digest ? [] : [`run ${run}: ${output} is not fanned out`],
    );
  });
}

function runViolations(run: string, audited: AuditedRun | undefined): readonly string[] {
  if (audited === undefined) return [`run ${run} left nothing in the log`];
  const outcomes = audited.outcomes.join(", ");
  return [
    ...(outcomes === "runSucceeded" ? [] : [`run ${run} ended with: ${outcomes === "" ? "nothing" : outcomes}`]),
    ...[...audited.journals].flatMap(([node, messages]) => journalViolations(`run ${run}, ${node}`, messages)),
    ...[...audited.fanOut].flatMap(([output, messages]) => fanOutViolations(run, audited, output, messages)),
  ];
}

/** One outcome, nothing behind it, and every end is of the claim before it. */
function journalViolations(where: string, messages: readonly Message[]): readonly string[] {
  const found: string[] = [];
  const ends = messages.filter(({ event }) => isEnd(event));
  if (ends.length !== 1) found.push(`${where}: ${ends.length} outcomes`);
  const first = messages.findIndex(({ event }) => isEnd(event));
  if (first >= 0 && first < messages.length - 1)
    found.push(`${where}: ${messages.length - 1 - first} after the outcome`);
  for (const [index, { event, sequence }] of messages.entries()) {
    const { body } = event;
    const before = messages[index - 1]?.event;
    const claim = body?.$case === "completed" || body?.$case === "failed" ? body.value.claimEventId : "";
    if (claim !== "" && claim !== before?.id)
      found.push(`${where}: ${body?.$case} ${sequence} is of a claim that lapsed`);
  }
  return [...found, ...chainViolations(where, messages)];
}

function isEnd({ body, state }: Message["event"]): boolean {
  if (body?.$case !== "failed") return terminal.has(body?.$case ?? "");
  return state?.chain?.$case === "journal" && state.chain.value.status !== JournalStatus.JOURNAL_STATUS_RETRYING;
}

/** An artifact is announced once for an outcome, as the outcome has it. */
function fanOutViolations(
  run: string,
  { digests }: AuditedRun,
  output: string,
  messages: readonly Message[],
): readonly string[] {
  const announced = messages.map(producedDigest);
  if (output.startsWith("source.")) return [];
  const wrong = announced.filter((digest) => digest !== digests.get(output));
  return [
    ...(announced.length > 1 ? [`run ${run}: ${output} was announced ${announced.length} times`] : []),
    ...wrong.map((digest) => `run ${run}: ${output} was announced as ${digest}, which no outcome holds`),
  ];
}

function producedDigest(message: Message | undefined): string | undefined {
  const body = message?.event.body;
  return body?.$case === "artifactProduced" ? body.value.artifact?.digest : undefined;
}

/** On a chain every message names the one before it: with no stranger writing, none may be void. */
function chainViolations(where: string, messages: readonly Message[]): readonly string[] {
  return messages.flatMap(({ event, sequence }, index) => {
    if (event.state === undefined) return [];
    const before = messages[index - 1]?.event.id ?? "";
    const named = event.previous?.eventId ?? "";
    return named === before ? [] : [`${where}: message ${sequence} follows ${named || "nothing"}, not ${before}`];
  });
}

/** At most one push of a run, none without its intent, and no version twice. */
function pushViolations(messages: readonly Message[]): readonly string[] {
  const pushes = messages.flatMap(({ event: { body } }) =>
    body?.$case === "pushed" && body.value.push ? [body.value.push] : [],
  );
  const intents = new Set(
    messages.filter(({ event: { body } }) => body?.$case === "pushIntended").map(({ sequence }) => BigInt(sequence)),
  );
  const runs = pushes.map(({ run }) => run);
  const versions = pushes.map(({ version }) => version);
  return [
    ...repeated(runs).map((run) => `run ${run} pushed more than once`),
    ...repeated(versions).map((version) => `version ${version} was pushed more than once`),
    ...versions.filter((version) => !intents.has(version)).map((version) => `version ${version} was not intended`),
  ];
}

/** A run blesses its model once. */
function blessingViolations(messages: readonly Message[]): readonly string[] {
  const runs = messages.flatMap(({ event: { body } }) => (body?.$case === "modelBlessed" ? [body.value.run] : []));
  return repeated(runs).map((run) => `run ${run} blessed more than once`);
}

function repeated<Value>(values: readonly Value[]): readonly Value[] {
  return values.filter((value, index) => values.indexOf(value) < index);
}
