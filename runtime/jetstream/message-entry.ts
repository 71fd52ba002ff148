import type { Msg, MsgHdrs } from "@nats-io/transport-node";
import type { LogEntry } from "../log/mod.ts";
import { expectedBy, headerTextOf } from "./expectation.ts";

/** A message as the client got it, its headers read only when asked for: folds never ask. */
class MessageEntry implements LogEntry {
  readonly sequence: number;
  readonly subject: string;
  readonly timeMs: number;
  readonly data: Uint8Array;
  readonly #message: Msg;
  #headers: ReadonlyMap<string, string> | undefined;

  constructor(message: Msg, place: Pick<LogEntry, "sequence" | "subject" | "timeMs">) {
    this.sequence = place.sequence;
    this.subject = place.subject;
    this.timeMs = place.timeMs;
    this.data = message.data;
    this.#message = message;
  }

  get expected(): number | undefined {
    return expectedBy(headerTextOf(this.#message));
  }

  get headers(): ReadonlyMap<string, string> {
    return (this.#headers ??= writersHeaders(this.#message.headers));
  }
}

/** What the writer said; `Nats-*` is between client and server. */
function writersHeaders(headers: MsgHdrs | undefined): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const [name, [value]] of headers ?? []) if (!name.startsWith("Nats-")) own.set(name, value ?? "");
  return own;
}

/** What the reply subject of a delivered message says about it. */
export interface DeliveryInfo {
  readonly count: number;
  readonly sequence: number;
  /** Number of this delivery by its consumer, from 1 and without gaps. */
  readonly consumerSequence: number;
  readonly timeMs: number;
  /** Messages that the consumer has yet to deliver. */
  readonly pending: number;
}

/**
 * Parses `$JS.ACK.<stream>.<consumer>.<count>.<sequence>.<consumer sequence>.<ns>.<pending>`, with a domain and an
 * account before the stream in its longer form. Source: nats-server, ADR-15.
 */
export function parseDeliveryInfo(reply: string): DeliveryInfo {
  const tokens = reply.split(".");
  const at = tokens.length > 9 ? 6 : 4;
  const number = (index: number): number => Number(tokens[at + index]);
  return {
    count: number(0),
    sequence: number(1),
    consumerSequence: number(2),
    timeMs: Number(tokens[at + 3]?.slice(0, -6)),
    pending: number(4),
  };
}

/** The entry of a message that a consumer delivered. */
export function deliveredEntry(message: Msg, info: DeliveryInfo): LogEntry {
  return new MessageEntry(message, { sequence: info.sequence, subject: message.subject, timeMs: info.timeMs });
}

/** The entry of a message that a direct get answered with; undefined if it is none. */
export function directEntry(message: Msg): LogEntry | undefined {
  const subject = serversHeader(message, "Nats-Subject");
  if (subject === undefined) return undefined;
  return new MessageEntry(message, {
    sequence: Number(serversHeader(message, "Nats-Sequence")),
    subject,
    timeMs: parseTime(serversHeader(message, "Nats-Time-Stamp") ?? ""),
  });
}

/**
 * What the server says about a message in a header. It writes its own behind those that are stored with the message,
 * and whoever published that may have stored one of the same name, to pass it off as another's.
 */
export function serversHeader(message: Msg, name: string): string | undefined {
  return message.headers?.values(name).at(-1);
}

/** A server's RFC 3339 time with nanoseconds in epoch milliseconds, cut and not rounded as everywhere. */
export function parseTime(text: string): number {
  return Date.parse(text);
}
