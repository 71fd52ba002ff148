import type { AuditedLog, AuditedRun, Message } from "./log-audit.ts";

/** The log without what strangers wrote: messages that do not follow from those before them. */
export function legalOnly(log: AuditedLog): AuditedLog {
  const runs = new Map([...log.runs].map(([run, audited]) => [run, legalRun(audited, log)]));
  const chains = new Map([...log.chains].map(([subject, messages]) => [subject, chainOf(messages)]));
  return { ...log, runs, chains };
}

function legalRun(audited: AuditedRun, log: AuditedLog): AuditedRun {
  const journals = new Map([...audited.journals].map(([node, messages]) => [node, chainOf(messages)]));
  const ends = new Set([...journals.values()].flatMap((messages) => messages.at(-1)?.sequence ?? []));
  const subject = `mr.run.${audited.pipeline}.${audited.run}._._.outcome`;
  const outcomes = (log.chains.get(subject) ?? []).filter(({ event }) => isOutcomeOf(event, ends));
  const completed = [...journals].flatMap(([node, messages]) => {
    const body = messages.at(-1)?.event.body;
    return body?.$case === "completed"
      ? body.value.outputs.map(({ name, artifact }): [string, string] => [`${node}.${name}`, artifact?.digest ?? ""])
      : [];
  });
  const causes = new Set([...journals.values()].map((messages) => messages.at(-1)?.event.id));
  const isFanOut = ({ event: { body } }: Message): boolean =>
    body?.$case === "artifactProduced" && causes.has(body.value.cause?.eventId);
  // What a stranger buried may be announced again, so the last counts.
  const fanOut = new Map(
    [...audited.fanOut].map(([output, messages]) => [output, messages.filter(isFanOut).slice(-1)]),
  );
  return {
    ...audited,
    outcomes: outcomes.map(({ event }) => event.body?.$case ?? ""),
    journals,
    digests: new Map(completed),
    fanOut,
  };
}

/** Each names the one before it; a copy of one that is there already does not follow. */
function chainOf(messages: readonly Message[]): Message[] {
  const legal: Message[] = [];
  for (const message of messages) {
    const before = legal.at(-1)?.event.id ?? "";
    if ((message.event.previous?.eventId ?? "") === before && message.event.id !== before) legal.push(message);
  }
  return legal;
}

/** An outcome names the end of every node. */
function isOutcomeOf({ body }: Message["event"], ends: ReadonlySet<number>): boolean {
  if (body?.$case !== "runSucceeded" && body?.$case !== "runFailed" && body?.$case !== "runCancelled") return false;
  const heads = body.value.heads.map(({ sequence }) => Number(sequence));
  return heads.length === ends.size && heads.every((sequence) => ends.has(sequence));
}
