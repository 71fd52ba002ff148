import type { Appended, Log, LogEntry } from "../log/mod.ts";

/** Appends a message as its writer did, expectation and all: on a copy of the log it stands as it stood. */
export function copyEntry(log: Log, { subject, data, expected }: LogEntry): Promise<Appended> {
  return log.append(subject, data, expected === undefined ? {} : { expectLastSequence: expected });
}
