import type { Event } from "../contracts/millrace/event/v1/event.ts";
import { MillraceError, Retryable } from "../model/mod.ts";
import { pause } from "./clock.ts";
import { encodeEvent, readEvent } from "./event-codec.ts";
import { type EventHeaderOptions, eventHeaders, traceparentOf } from "./event-headers.ts";
import type { Appended, Log, LogEntry } from "./log.ts";

export interface AppendEventOptions extends EventHeaderOptions {
  /**
   * Sequence of the subject's last message (0: there is none). Without it the event is appended at least once: after
   * an unclear answer it may stand there twice under its one id.
   */
  readonly expectLastSequence?: number;
  /**
   * The chain goes on with others' events while this one waits for its answer (blessings, targets, caches): the event
   * counts wherever it stands after the expectation, not only as the last.
   */
  readonly shared?: boolean;
  readonly signal?: AbortSignal;
}

/** Where an event stands, or that the race for its place was lost to `last`: then fold anew and decide anew. */
export type AppendedEvent =
  | { readonly kind: "appended"; readonly sequence: number }
  | { readonly kind: "lost"; readonly last: LogEntry | undefined };

/** Tries for one event: with a server away, each also waits for it, so this is some ten minutes. */
const attemptsMax = 120;
const firstDelayMs = 20;
const delayMsMax = 2_000;

/**
 * Appends an event by compare-and-set and settles unclear answers: after a timeout the same bytes go out with the same
 * expectation again, and after a refusal the event is ours if the subject bears its id. It waits while the server is
 * away. There is no Nats-Msg-Id, whose deduplication any stranger could turn against us.
 *
 * @throws {Terminal} `event-too-large`. @throws {Retryable} `log-unavailable`: the server stayed away.
 * Source: docs/protocol.md, Publishing.
 */
export async function appendEvent(
  log: Log,
  subject: string,
  event: Event,
  options: AppendEventOptions = {},
): Promise<AppendedEvent> {
  const attempt = {
    log,
    subject,
    data: encodeEvent(event),
    headers: eventHeaders(event, { ...options, traceparent: options.traceparent ?? traceparentOf(subject, event.id) }),
    id: event.id,
    options,
  };
  for (let tries = 0; tries < attemptsMax; tries++) {
    const settled = await tryOnce(attempt, tries > 0).catch(unclear);
    if (settled !== undefined) return settled;
    await pause(log.clock, Math.min(delayMsMax, firstDelayMs * 2 ** tries), options.signal);
    options.signal?.throwIfAborted();
  }
  throw new Retryable(
    "log-unavailable",
    `Cannot append to ${subject}: the log must answer: it gave no clear answer in ${attemptsMax} tries`,
  );
}

interface Attempt {
  readonly log: Log;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly id: string;
  readonly options: AppendEventOptions;
}

/** One try; undefined if it has to be made again. */
async function tryOnce(attempt: Attempt, again: boolean): Promise<AppendedEvent | undefined> {
  const { log, subject, data, headers } = attempt;
  const { expectLastSequence } = attempt.options;
  if (expectLastSequence === undefined) {
    const last = again ? await log.leaderLastOf(subject) : undefined;
    return last !== undefined && bears(last, attempt.id)
      ? appendedAt(last)
      : await plainly(log.append(subject, data, { headers }));
  }
  const answer = await log.append(subject, data, { expectLastSequence, headers });
  return answer.kind === "appended" ? answer : await settleRefusal(attempt, expectLastSequence);
}

async function plainly(answer: Promise<Appended>): Promise<AppendedEvent | undefined> {
  const appended = await answer;
  return appended.kind === "appended" ? appended : undefined;
}

/** Whose message is there? Nobody's, if the subject is as expected: then an append was still in flight. */
async function settleRefusal(attempt: Attempt, expected: number): Promise<AppendedEvent | undefined> {
  const last = await attempt.log.leaderLastOf(attempt.subject);
  if (last !== undefined && bears(last, attempt.id)) return appendedAt(last);
  if ((last?.sequence ?? 0) === expected) return undefined;
  if (attempt.options.shared !== true || last === undefined) return { kind: "lost", last };
  return await findBetween(attempt, expected, last);
}

/** Looks for the event under others'. A read that does not reach the leader's last message is of a lagging replica. */
async function findBetween(attempt: Attempt, expected: number, last: LogEntry): Promise<AppendedEvent | undefined> {
  let reached = 0;
  for await (const entry of attempt.log.read([attempt.subject], { from: expected + 1, to: last.sequence })) {
    if (bears(entry, attempt.id)) return appendedAt(entry);
    reached = entry.sequence;
  }
  return reached === last.sequence ? { kind: "lost", last } : undefined;
}

function bears(entry: LogEntry, id: string): boolean {
  const read = readEvent(entry.data);
  return read.kind !== "undecodable" && read.event.id === id;
}

function appendedAt({ sequence }: LogEntry): AppendedEvent {
  return { kind: "appended", sequence };
}

/** An unclear answer is no error yet. */
function unclear(error: unknown): undefined {
  if (error instanceof MillraceError && error.code === "log-unavailable") return undefined;
  throw error;
}
