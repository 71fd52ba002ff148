import { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import { cloudEventType, type LogEntry, readEvent, subjectsOf } from "millrace/log";
import { findRun, foreignKind } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { sequenceAt } from "../read/moment.ts";
import { shownText } from "../print/shown-text.ts";
import { interruption } from "../session/interruption.ts";
import { openLog } from "../session/log-session.ts";

export interface LogOptions extends ReadOptions {
  readonly follow?: boolean;
}

/** Prints the log or one run's part of it, an event a line. */
export async function log(invocation: Invocation, options: LogOptions, [name]: readonly string[]): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const to = await sequenceAt(session.log, options.at, invocation);
  const subjects = subjectsOf(session.log.namespace);
  const place =
    name === undefined ? undefined : await findRun(session.log, name, { to, kept: keptRuns(session.log, invocation) });
  const filters = place === undefined ? [] : [subjects.filters.run(place.pipeline, place.run)];
  const signal = interruption();
  const entries =
    options.follow === true ? session.log.follow(filters, { signal }) : session.log.read(filters, { to, signal });
  for await (const entry of entries) invocation.print(invocation.json ? jsonLine(entry) : textLine(entry));
  return exitCode.done;
}

/** `foreign` says what is foreign about a message, and is absent from those that belong here. */
function jsonLine(entry: LogEntry): string {
  const { sequence, timeMs, subject, data } = entry;
  const read = readEvent(data);
  const kind = foreignKind(entry);
  const place = { sequence, timeMs, subject, ...(kind === undefined ? {} : { foreign: kind }) };
  if (read.kind === "undecodable")
    return JSON.stringify({ ...place, type: null, bytes: data.length, text: textOf(data) });
  const event = Event.toJSON(read.event);
  return JSON.stringify({ ...place, type: cloudEventType(read.event), id: read.event.id, event });
}

function textLine(entry: LogEntry): string {
  const { sequence, timeMs, subject } = entry;
  return `${String(sequence).padStart(6)}  ${new Date(timeMs).toISOString()}  ${shownText(subject)}  ${whatOf(entry)}`;
}

function whatOf(entry: LogEntry): string {
  const { data } = entry;
  const read = readEvent(data);
  const kind = foreignKind(entry);
  const type = read.kind === "undecodable" ? shownText(textOf(data)) : cloudEventType(read.event);
  return kind === undefined ? type : `foreign (${kind}, ${data.length} bytes): ${type}`;
}

/** What an outsider wrote, such as a JSON CloudEvent. */
function textOf(data: Uint8Array): string {
  return Buffer.from(data).toString("utf8");
}
