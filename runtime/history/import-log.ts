import type { Message } from "../contracts/millrace/history/v1/history.ts";
import { type Appended, importedTimeHeader, type Log, type LogEntry, pause } from "../log/mod.ts";
import { MillraceError, Terminal, toMillraceError } from "../model/mod.ts";
import { importedForm, type ImportedMessage, type ImportForm } from "./imported-form.ts";
import { openHistory } from "./read-history.ts";

/** What an import of messages wrote. */
export interface ImportedMessages {
  /** Messages written. */
  readonly written: number;
  /** Messages that an earlier import had written. */
  readonly standing: number;
}

/** Appends on their way at once. */
const underWayMax = 256;
/** Bytes of them. */
const underWayBytesMax = 8 << 20;
/** Tries for one message whose append came to no clear answer. */
const attemptsMax = 120;
const firstDelayMs = 20;
const delayMsMax = 2_000;

/**
 * Writes a checked history of a whole log into an empty one: the same messages in the same order at the same sequences.
 * An import that was broken off is gone on with. Nobody else may write meanwhile.
 * @param beforeWriting Called once the log was found to be as it must be.
 * @throws {Terminal} `log-not-empty`: the log holds something else; `log-moved`: somebody else wrote.
 */
export async function importLog(log: Log, file: string, beforeWriting: () => Promise<void>): Promise<ImportedMessages> {
  const standing = await compareStanding(log, file);
  await beforeWriting();
  const writer = new OnlyWriter(log);
  for await (const message of wholeLog(log, file)) if (message.at > standing) await writer.append(message);
  await writer.settled();
  return { written: writer.written, standing };
}

/** A message in its imported form and the sequence that it has there and here. */
type PlacedMessage = ImportedMessage & { readonly at: number; readonly expected: number | undefined };

/** All messages of a file; where the log had a gap something stands in for what is missing, so that sequences agree. */
async function* wholeLog(log: Log, file: string): AsyncGenerator<PlacedMessage> {
  const form: ImportForm = { namespace: log.namespace, wholeLog: true, planArtifacts: new Map() };
  const { items } = await openHistory(file);
  let at = 0;
  for await (const { value } of items) {
    if (value.$case !== "message") continue;
    for (at += 1; at < Number(value.value.sequence); at += 1)
      yield { at, expected: undefined, ...placeholder(log, at, value.value) };
    const { expected } = value.value;
    yield { at, expected: expected === undefined ? undefined : Number(expected), ...importedForm(value.value, form) };
  }
}

function placeholder(log: Log, at: number, { timeMs }: Message): ImportedMessage {
  return {
    subject: `${log.namespace}.gap`,
    data: new TextEncoder().encode(`message ${at} was missing in the log that this was imported from`),
    headers: { [importedTimeHeader]: String(timeMs) },
    expects: false,
  };
}

/** Holds what the log has against the file. @returns How many of the file's messages are there. */
async function compareStanding(log: Log, file: string): Promise<number> {
  const last = await log.leaderLastSequence();
  if (last === 0) return 0;
  const standing = log.read([], { to: last })[Symbol.asyncIterator]();
  let same = 0;
  try {
    for await (const message of wholeLog(log, file)) {
      if (same === last) break;
      const { value: entry } = (await standing.next()) as { readonly value: LogEntry | undefined };
      if (entry?.sequence !== message.at || !isForm(entry, message)) throw notEmpty(log, last, message.at);
      same += 1;
    }
  } finally {
    await standing.return?.();
  }
  return same;
}

function isForm({ subject, data, expected }: LogEntry, message: ImportedMessage): boolean {
  const alikeSealed = (expected === undefined) === !message.expects;
  return alikeSealed && subject === message.subject && Buffer.compare(data, message.data) === 0;
}

/** Appends messages one behind the other, many on their way at once. */
class OnlyWriter {
  readonly #log: Log;
  readonly #underWay: { readonly message: PlacedMessage; readonly answer: Promise<Appended | MillraceError> }[] = [];
  #bytes = 0;
  written = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  async append(message: PlacedMessage): Promise<void> {
    while (this.#underWay.length >= underWayMax || (this.#bytes > underWayBytesMax && this.#underWay.length > 0))
      await this.#settleFirst();
    this.#underWay.push({ message, answer: this.#send(message) });
    this.#bytes += message.data.length;
  }

  async settled(): Promise<void> {
    while (this.#underWay.length > 0) await this.#settleFirst();
  }

  #send({ subject, data, headers, at, expected }: PlacedMessage): Promise<Appended | MillraceError> {
    const expectation = expected === undefined ? {} : { expectLastSequence: expected };
    return this.#log
      .append(subject, data, { headers, expectStreamSequence: at - 1, ...expectation })
      .catch(toMillraceError);
  }

  async #settleFirst(): Promise<void> {
    const first = this.#underWay.shift();
    if (first === undefined) return;
    this.#bytes -= first.message.data.length;
    await this.#settle(first.message, await first.answer);
    this.written += 1;
  }

  /** What came to no clear answer stands at its place, or is sent again; behind it the rest was refused and follows. */
  async #settle(message: PlacedMessage, first: Appended | MillraceError): Promise<void> {
    let answer = first;
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (!(answer instanceof MillraceError) && answer.kind === "appended") return;
      if (answer instanceof MillraceError && answer.class !== "retryable") throw answer;
      if (attempt > 0) await pause(this.#log.clock, Math.min(delayMsMax, firstDelayMs * 2 ** attempt));
      const there = await this.#log.get(message.at).catch(toMillraceError);
      if (there instanceof MillraceError) answer = there;
      else if (there === undefined) answer = await this.#send(message);
      else if (isForm(there, message)) return;
      else throw moved(this.#log, message.at);
    }
    throw answer instanceof MillraceError ? answer : moved(this.#log, message.at);
  }
}

function notEmpty(log: Log, last: number, at: number): Terminal {
  const message =
    `Cannot import a whole log into ${log.namespace} as it must be empty, or hold the beginning of that very log: ` +
    `it holds ${last} messages, and message ${at} is another. Use an empty data directory, or export single runs`;
  return new Terminal("log-not-empty", message);
}

function moved(log: Log, at: number): Terminal {
  const message =
    `Cannot go on importing into ${log.namespace} as nobody else may write meanwhile: message ${at} is somebody else's. ` +
    `Stop all services and clients, and begin with an empty data directory`;
  return new Terminal("log-moved", message);
}
