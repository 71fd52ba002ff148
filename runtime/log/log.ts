import { Retryable } from "../model/mod.ts";
import type { Clock } from "./clock.ts";

/** A message of the log. */
export interface LogEntry {
  /** Position in the stream, from 1, without regard to subject. */
  readonly sequence: number;
  readonly subject: string;
  /** Server time at which it was stored, Unix epoch milliseconds. */
  readonly timeMs: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly data: Uint8Array;
  /**
   * The subject's last sequence that its writer expected (0: none), which the log has checked; undefined if the writer
   * expected nothing. What was appended to a chain by its rules has one, a stranger's message as a rule has none.
   */
  readonly expected?: number | undefined;
}

export interface AppendOptions {
  /** The append is refused unless this is the sequence of the subject's last message (0: there is none). */
  readonly expectLastSequence?: number;
  /** The append is refused unless this is the sequence of the stream's last message: for who must be the only writer. */
  readonly expectStreamSequence?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The log's answer to an append. `refused` does not say whose message is there: read it. */
export type Appended =
  | { readonly kind: "appended"; readonly sequence: number }
  | { readonly kind: "refused"; readonly reason: "wrong-sequence" | "in-flight" };

/** The last message of each subject asked for, and the sequence up to which the answering replica had read. */
export interface LastEntries {
  readonly entries: ReadonlyMap<string, LogEntry>;
  readonly upTo: number;
}

export interface ReadRange {
  /** First sequence wanted; default 1. */
  readonly from?: number;
  /** Last sequence wanted; default the stream's last at the time of the call. */
  readonly to?: number;
  /**
   * Where the first message of one narrow filter (a run's, a subject's) is, or shortly before. A hint that makes such
   * a read quick in a long log; a wrong one costs time and no message.
   */
  readonly near?: number;
  readonly signal?: AbortSignal;
}

/** A message handed to a consumer. Settle it once with ack, nak or term, or drop it so that it comes again. */
export interface Delivery {
  readonly entry: LogEntry;
  /** How often it was delivered, this time included; from 1. */
  readonly count: number;
  /** When it came, by the monotonic clock of the log's `clock`. */
  readonly receivedAt: number;
  ack(): void;
  /** Asks for it again after the delay. */
  nak(delayMs: number): void;
  /** Puts off redelivery by another ack_wait. */
  working(): void;
  /** Never again, with a reason for the server's advisory. */
  term(reason: string): void;
}

export interface ConsumeOptions {
  /** Name of the durable consumer; created if absent. */
  readonly durable: string;
  /** Subjects wanted, with wildcards. */
  readonly filters: readonly string[];
  /** Most deliveries that may be with the handler, or pulled for it, at once. */
  readonly heldMax: number;
  /** Redelivery after this long without working(), in milliseconds. */
  readonly ackWaitMs?: number;
  /** Called for each delivery; a delivery counts as held until the promise settles. Must not reject. */
  handle(delivery: Delivery): Promise<void>;
}

export interface Consumption extends AsyncDisposable {
  readonly durable: string;
  /** Takes no more, and waits until every held delivery has been handled. */
  drain(): Promise<void>;
}

/**
 * The port to the log: one append-only stream with compare-and-set per subject.
 * Transport faults (timeout, 503, 429, connection gone) are thrown as Retryable `log-unavailable`:
 * whether an append happened is then unknown, and `Appender` in this folder settles it.
 * Protocol: docs/protocol.md.
 */
export interface Log extends AsyncDisposable {
  /** First token of every subject, and the name of the stream. */
  readonly namespace: string;
  /** The time that users of this connection measure and wait by. */
  readonly clock: Clock;
  append(subject: string, data: Uint8Array, options?: AppendOptions): Promise<Appended>;
  /**
   * Last messages of exact subjects, or of every subject that matches a filter, in one read from any replica: fast,
   * perhaps stale (compare `upTo`). Where none of them has a message `upTo` is 0, as the server's answer then names no
   * sequence.
   * @throws {Retryable} `stale-read`: no complete answer, or over 1,024 messages; ask again or ask the leader.
   */
  lastOf(filters: readonly string[]): Promise<LastEntries>;
  /** Last message of one subject, or of all that match a filter, from the leader. */
  leaderLastOf(filter: string): Promise<LogEntry | undefined>;
  /** The leader's last sequence in the whole stream. */
  leaderLastSequence(): Promise<number>;
  /** The server's time, Unix epoch milliseconds: what times of messages are compared with, since clocks of machines differ. */
  serverTimeMs(): Promise<number>;
  /** When the stream was made, as the server writes it: what is kept of one stream is not taken for another's. */
  created(): Promise<string>;
  /** The message at a sequence, from the leader. */
  get(sequence: number): Promise<LogEntry | undefined>;
  /** History in order: the messages whose subjects match any of the filters (none: all). Ends at `to`. */
  read(filters: readonly string[], range?: ReadRange): AsyncIterable<LogEntry>;
  /** As read, and then everything new, until the signal aborts. */
  follow(
    filters: readonly string[],
    range: { readonly from?: number; readonly signal: AbortSignal },
  ): AsyncIterable<LogEntry>;
  consume(options: ConsumeOptions): Promise<Consumption>;
}

/** Redelivery after this long without working(), unless a consumer says otherwise. */
export const defaultAckWaitMs = 30_000;

/** Most messages that one lastOf can answer with. Source: nats-server, ADR-31. */
export const lastOfMax = 1_024;

/** The error of a read that any replica may answer and this one could not whole. */
export function staleRead(subjectCount: number, answer: string): Retryable {
  return new Retryable(
    "stale-read",
    `Cannot read the last messages of ${subjectCount} subjects: a replica must give all it has: it answered ${answer}`,
  );
}
