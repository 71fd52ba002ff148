import type { Msg } from "@nats-io/transport-node";

const line = "\r\nNats-Expected-Last-Subject-Sequence";

/**
 * The expectation that a message's headers bear, if the server has checked it against the message's own subject. It
 * checks the first of several, and another subject if a second header names one: a stranger could write such.
 * @param text The headers as they are stored, lines ending in CRLF.
 */
export function expectedBy(text: string): number | undefined {
  const at = text.indexOf(`${line}:`);
  if (at < 0 || text.includes(`${line}:`, at + 1) || text.includes(`${line}-Subject:`)) return undefined;
  const begin = at + line.length + 1;
  const value = text.slice(begin, text.indexOf("\r\n", begin)).trim();
  return /^\d+$/.test(value) ? Number(value) : undefined;
}

/**
 * A message's headers as text. The client's own `headers` parses all of them into a map, which costs as much as folding
 * the event; so its buffer is read where it is, and `headers` only if it should be elsewhere one day.
 */
export function headerTextOf(message: Msg): string {
  const data: unknown = Reflect.get(message, "_rdata");
  const parsed: unknown = Reflect.get(message, "_msg");
  const length: unknown = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, "hdr") : undefined;
  if (!(data instanceof Uint8Array) || typeof length !== "number") return writtenOut(message);
  return length <= 0 ? "" : Buffer.from(data.buffer, data.byteOffset, length).toString("latin1");
}

/** As the server has them. */
export function writtenOut({ headers }: Pick<Msg, "headers">): string {
  const lines = [...(headers ?? [])].flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
  return ["NATS/1.0", ...lines, ""].join("\r\n");
}
