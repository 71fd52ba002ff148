import type { Event } from "../../contracts/millrace/event/v1/event.ts";
import { retentionChain, retentionEvent } from "../../journal/mod.ts";
import type { Chain, Retention, RetentionBody } from "../../journal/mod.ts";
import { appendEvent, newEventId } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { Retryable } from "../../model/mod.ts";
import { readChainFrom } from "../../projections/mod.ts";

/** Writers of one chain that may be faster before this one gives up. */
const attemptsMax = 8;

/** The chain of an artifact's retention, or of a run's pin, as it is now. */
export async function readRetention(log: Log, subject: string): Promise<Chain<Retention>> {
  return readChainFrom(log, retentionChain, subject, await log.leaderLastOf(subject));
}

/**
 * Appends to an artifact's chain, or to a run's pin, what its state calls for.
 * @param decide What to write in a state; undefined if nothing.
 * @returns The sequence of what was written, undefined if nothing was; and the state before.
 * @throws {Retryable} `retention-busy`: others wrote first each time.
 */
export async function writeRetention(
  log: Log,
  subject: string,
  decide: (state: Retention) => RetentionBody | undefined,
): Promise<{ readonly sequence: number | undefined; readonly before: Retention }> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const chain = await readRetention(log, subject);
    const body = decide(chain.state);
    const made = body && retentionEvent(chain, body);
    if (made === undefined) return { sequence: undefined, before: chain.state };
    const event: Event = { id: newEventId(), ...made };
    const appended = await appendEvent(log, subject, event, { expectLastSequence: chain.expect, shared: true });
    if (appended.kind === "appended") return { sequence: appended.sequence, before: chain.state };
  }
  throw new Retryable(
    "retention-busy",
    `Cannot write to ${subject}: others wrote first ${attemptsMax} times in a row. Try again`,
  );
}
