import type { Event } from "../contracts/millrace/event/v1/event.ts";
import { controlChain, controlEvent } from "../journal/mod.ts";
import { appendEvent, newEventId, subjectsOf } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import { Retryable } from "../model/mod.ts";
import { readChainFrom } from "../projections/mod.ts";

const attemptsMax = 8;

/** Asks for a run to be cancelled; asking twice in one epoch is once. @returns the request's sequence. */
export async function requestCancel(log: Log, pipeline: string, run: string, reason: string): Promise<number> {
  const subject = subjectsOf(log.namespace).control(pipeline, run);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const chain = await readChainFrom(log, controlChain, subject, await log.leaderLastOf(subject));
    if (chain.state.cancelRequested) return chain.expect;
    const event: Event = { id: newEventId(), ...controlEvent(chain, { $case: "cancelRequested", value: { reason } }) };
    const appended = await appendEvent(log, subject, event, { expectLastSequence: chain.expect });
    if (appended.kind === "appended") return appended.sequence;
  }
  throw new Retryable(
    "control-busy",
    `Cannot cancel run ${run}: its control changed ${attemptsMax} times in a row. Try again`,
  );
}
