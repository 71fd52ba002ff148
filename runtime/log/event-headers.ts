import type { Event } from "../contracts/millrace/event/v1/event.ts";
import { parseSubject } from "./subject.ts";

export interface EventHeaderOptions {
  /** CloudEvents source: who writes, for example a component's name. */
  readonly source?: string;
  /** W3C trace context of the span that writes; by default the run's own trace. */
  readonly traceparent?: string | undefined;
}

/**
 * Headers of an event: CloudEvents in binary mode and the trace context. No fold needs them.
 * Names are lowercase because NATS compares them by case. Source: CloudEvents, NATS protocol binding 1.0.3.
 */
export function eventHeaders(event: Event, options: EventHeaderOptions = {}): Readonly<Record<string, string>> {
  return {
    "ce-specversion": "1.0",
    "ce-id": event.id,
    "ce-source": percentEncoded(options.source ?? "millrace"),
    "ce-type": cloudEventType(event),
    "ce-datacontenttype": "application/protobuf",
    ...(options.traceparent === undefined ? {} : { traceparent: options.traceparent }),
  };
}

const traceIdPattern = /^[0-9a-f]{32}$/;
const spanIdDigits = 16;

/**
 * Trace context of an event of a run: the trace is the run, so that whoever is restarted or late joins it, and the span
 * is the event. Undefined for what belongs to no run. Source: W3C Trace Context.
 */
export function traceparentOf(subject: string, eventId: string): string | undefined {
  const parsed = parseSubject(subject);
  if (!("run" in parsed) || !traceIdPattern.test(parsed.run)) return undefined;
  return `00-${parsed.run}-${eventId.slice(0, spanIdDigits)}-01`;
}

/** CloudEvents type of an event: `datasetPublished` is `millrace.dataset.published.v1`. */
export function cloudEventType(event: Event): string {
  const name = event.body?.$case ?? "unknown";
  return `millrace.${name.replaceAll(/[A-Z]/g, (letter) => `.${letter.toLowerCase()}`)}.v1`;
}

/** Escapes what the binding asks for: space, double quote, percent, and all but printable ASCII. */
function percentEncoded(value: string): string {
  return value.replaceAll(/[^\x21\x23\x24\x26-\x7e]+/g, (run) =>
    [...Buffer.from(run)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
