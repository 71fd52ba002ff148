import type { Event } from "../contracts/millrace/event/v1/event.ts";
import { controlChain, controlEvent, emptyChain, outcomeChain, stepChain } from "../journal/mod.ts";
import { appendEvent, newEventId, subjectsOf } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import { Retryable, Terminal } from "../model/mod.ts";
import { readChainFrom } from "../projections/mod.ts";

/** Commands on the same run that may win before this one gives up. */
const attemptsMax = 8;

/**
 * Asks for a run to be cancelled; asking twice in one epoch is once.
 * @returns the request's sequence.
 * @throws {Terminal} `unknown-run`; `already-ended`, saying how. @throws {Retryable} `control-busy`.
 * Source: docs/protocol.md, Run end (3).
 */
export async function requestCancel(log: Log, pipeline: string, run: string, reason: string): Promise<number> {
  const subjects = subjectsOf(log.namespace);
  const subject = subjects.control(pipeline, run);
  if ((await log.leaderLastOf(subjects.started(pipeline, run))) === undefined)
    throw new Terminal("unknown-run", `Cannot cancel run ${run} of ${pipeline}: it was never started`);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const chain = await readChainFrom(log, controlChain, subject, await log.leaderLastOf(subject));
    await checkOpen(log, pipeline, run, chain.state.epoch);
    if (chain.state.cancelRequested) return await sequenceOfRequest(log, subject, chain.expect);
    const event: Event = { id: newEventId(), ...controlEvent(chain, { $case: "cancelRequested", value: { reason } }) };
    const appended = await appendEvent(log, subject, event, { expectLastSequence: chain.expect });
    if (appended.kind === "appended") return appended.sequence;
  }
  throw new Retryable(
    "control-busy",
    `Cannot cancel run ${run}: its control changed ${attemptsMax} times in a row. Try again`,
  );
}

/** An outcome that comes behind this look beats the cancel; what it says counts. */
async function checkOpen(log: Log, pipeline: string, run: string, epoch: number): Promise<void> {
  const subject = subjectsOf(log.namespace).outcome(pipeline, run);
  const { state, head } = await readChainFrom(log, outcomeChain, subject, await log.leaderLastOf(subject));
  if (state.epoch < epoch) return;
  const why = state.reason === undefined ? "" : `: ${state.reason}`;
  throw new Terminal(
    "already-ended",
    `Cannot cancel run ${run}: it has ended: it ${state.kind === "cancelled" ? "was cancelled" : state.kind} (message ${head?.sequence ?? 0})${why}`,
  );
}

/** The request that stands: behind it there may be nudges. */
async function sequenceOfRequest(log: Log, subject: string, to: number): Promise<number> {
  let chain = emptyChain(controlChain);
  let sequence = 0;
  for await (const entry of log.read([subject], { to })) {
    const before = chain.state.cancelRequested;
    chain = stepChain(controlChain, chain, entry);
    if (chain.state.cancelRequested && !before) sequence = entry.sequence;
  }
  return sequence;
}
