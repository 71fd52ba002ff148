import { Event, type ImportedFrom, type PlanReference } from "../contracts/millrace/event/v1/event.ts";
import type { Message } from "../contracts/millrace/history/v1/history.ts";
import { importedTimeHeader, readEvent } from "../log/mod.ts";

/** A message as an import writes it. */
export interface ImportedMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it expects its subject to be as it was: what a stranger wrote without that stays a stranger's. */
  readonly expects: boolean;
}

/** How a message is brought into a log. */
export interface ImportForm {
  /** First token of the log's subjects. */
  readonly namespace: string;
  /** Whether its whole log comes along: then moments are found by the times there. */
  readonly wholeLog: boolean;
  /** Artifacts that hold plans here, by the plans' digests: a run that comes alone has no registrations. */
  readonly planArtifacts: ReadonlyMap<string, string>;
}

/**
 * A message's form in the log that it is imported into. An event keeps its bytes, and behind them says where it first
 * stood; what does not decode stays as it is. Only a run that comes alone is pointed to its plans anew. The same message
 * always has the same form, so that what was imported before is known again.
 * Source: docs/protocol.md, Imports.
 */
export function importedForm(message: Message, form: ImportForm): ImportedMessage {
  const { sequence, timeMs, subject, headers, data } = message;
  const written = new Map(headers.map(({ name, value }) => [name, value]));
  if (!form.wholeLog) written.delete(importedTimeHeader);
  else if (!written.has(importedTimeHeader)) written.set(importedTimeHeader, String(timeMs));
  return {
    subject: `${form.namespace}${subject.slice(subject.indexOf("."))}`,
    data: importedBytes(data, { sequence, timeMs }, form),
    headers: Object.fromEntries(written),
    expects: message.expected !== undefined,
  };
}

function importedBytes(data: Uint8Array, from: ImportedFrom, { wholeLog, planArtifacts }: ImportForm): Uint8Array {
  const read = readEvent(data);
  if (read.kind === "undecodable") return data;
  const pointed = wholeLog ? undefined : pointedToPlans(read.event, planArtifacts);
  const bytes = pointed ? Event.encode(pointed).finish() : data;
  // Fields may follow in any order, so appending one leaves all that a later version wrote as it is.
  return read.event.importedFrom ? bytes : Buffer.concat([bytes, importedFromField(from)]);
}

function importedFromField(importedFrom: ImportedFrom): Uint8Array {
  return Event.encode({ id: "", importedFrom }).finish();
}

/** The event with its plans where they are here; undefined if it names none. */
function pointedToPlans(event: Event, planArtifacts: ReadonlyMap<string, string>): Event | undefined {
  const { body, state } = event;
  if (body?.$case === "runStarted") {
    const planArtifactDigest = planArtifacts.get(body.value.planDigest) ?? "";
    return { ...event, body: { $case: "runStarted", value: { ...body.value, ...unregistered, planArtifactDigest } } };
  }
  if (state?.chain?.$case !== "control" || state.chain.value.plan === undefined) return undefined;
  const point = (plan: PlanReference): PlanReference => ({
    digest: plan.digest,
    eventId: "",
    sequence: 0n,
    artifactDigest: planArtifacts.get(plan.digest) ?? "",
  });
  const pointed: Event = {
    ...event,
    state: { chain: { $case: "control", value: { ...state.chain.value, plan: point(state.chain.value.plan) } } },
  };
  if (body?.$case !== "resumed" || body.value.plan === undefined) return pointed;
  return { ...pointed, body: { $case: "resumed", value: { ...body.value, plan: point(body.value.plan) } } };
}

const unregistered = { planEventId: "", planSequence: 0n };
