import { it } from "vitest";
import type { Log, LogEntry } from "../log.ts";

/** Two connections to one new, empty log in the namespace `mr`. */
export interface LogPair extends AsyncDisposable {
  readonly log: Log;
  readonly other: Log;
}

/** Makes a new log and connects to it twice. */
export type ConnectPair = () => Promise<LogPair>;

/** Declares tests that get a log of their own. */
export function testWith(connect: ConnectPair) {
  return (sentence: string, body: (pair: LogPair) => Promise<void>): void => {
    it(sentence, async () => {
      await using pair = await connect();
      await body(pair);
    });
  };
}

/** A text's bytes. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** An entry's bytes as text. */
export function textOf(entry: LogEntry | undefined): string | undefined {
  return entry && new TextDecoder().decode(entry.data);
}

/** What a read gives, or the first of it. */
export async function collect(entries: AsyncIterable<LogEntry>, count = Number.POSITIVE_INFINITY): Promise<LogEntry[]> {
  const collected: LogEntry[] = [];
  for await (const entry of entries) {
    collected.push(entry);
    if (collected.length === count) break;
  }
  return collected;
}
