import { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import { cloudEventType, type LogEntry, readEvent, subjectsOf } from "millrace/log";
import { findRun } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { sequenceAt } from "../read/moment.ts";
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

function jsonLine({ sequence, timeMs, subject, data }: LogEntry): string {
  const read = readEvent(data);
  const place = { sequence, timeMs, subject };
  if (read.kind === "undecodable") return JSON.stringify({ ...place, type: null, text: textOf(data) });
  const event = Event.toJSON(read.event);
  return JSON.stringify({ ...place, type: cloudEventType(read.event), id: read.event.id, event });
}

function textLine({ sequence, timeMs, subject, data }: LogEntry): string {
  const read = readEvent(data);
  const what = read.kind === "undecodable" ? textOf(data) : cloudEventType(read.event);
  return `${String(sequence).padStart(6)}  ${new Date(timeMs).toISOString()}  ${subject}  ${what}`;
}

/** What an outsider wrote, such as a JSON CloudEvent. */
function textOf(data: Uint8Array): string {
  return Buffer.from(data).toString("utf8");
}
