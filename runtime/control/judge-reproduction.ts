import { RunKind } from "../contracts/millrace/event/v1/event.ts";
import type { Event, ReproductionVerdict } from "../contracts/millrace/event/v1/event.ts";
import { decodeEvent, outcomeChain, verdictChain, verdictEvent } from "../journal/mod.ts";
import { appendEvent, newEventId, subjectsOf } from "../log/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";
import { Retryable, sourceComponent } from "../model/mod.ts";
import { readChainFrom, readStart } from "../projections/mod.ts";
import { compareRuns } from "./compare-runs.ts";
import type { ComparingContext } from "./compare-runs.ts";
import { readOrigin } from "./origin.ts";
import type { OriginContext } from "./origin.ts";

export type JudgingContext = OriginContext & ComparingContext;

/** Others' messages on the verdict's subject that may come first before this one is given back. */
const attemptsMax = 8;

/**
 * Compares a reproduction that has ended with its original, output by output, and appends the verdict. Every ingest
 * replica may do so: of one outcome one verdict is written, by compare-and-set.
 * @param outcome The reproduction's outcome; a resumed one has another, and gets a verdict of its own.
 * @returns the verdict; undefined if the run reproduces none, or the outcome has its verdict.
 * Source: docs/protocol.md, Runs from runs.
 */
export async function judgeReproduction(
  context: JudgingContext,
  { pipeline, run }: { readonly pipeline: string; readonly run: string },
  outcome: LogEntry,
): Promise<ReproductionVerdict | undefined> {
  const { log } = context;
  const subjects = subjectsOf(log.namespace);
  const startedSubject = subjects.started(pipeline, run);
  const start = await readStart(log, startedSubject, await log.leaderLastOf(startedSubject));
  if (start?.started.options?.kind !== RunKind.RUN_KIND_REPRODUCTION) return undefined;
  const { started, fold } = await readOrigin(context, pipeline, run, outcome.sequence);
  const outcomeId = decodeEvent(outcome.data)?.id ?? "";
  // An outcome that the fold takes for void ends nothing, and one that was gone on from is judged no more.
  const outcomeSubject = subjects.outcome(pipeline, run);
  const last = await readChainFrom(log, outcomeChain, outcomeSubject, await log.leaderLastOf(outcomeSubject));
  if (last.head?.eventId !== outcomeId) return undefined;
  const originRun = started.options?.originRun ?? "";
  const original = await readOrigin(context, pipeline, originRun, fold.started?.sequence);
  const judged = { sequence: BigInt(outcome.sequence), eventId: outcomeId };
  return appendVerdict(log, subjects.verdict(pipeline, run), outcomeId, () =>
    compareRuns(context, original, fold, judged),
  );
}

/** Appends a verdict unless the outcome has one. Two replicas compare the same log, and come to the same. */
async function appendVerdict(
  log: Log,
  subject: string,
  outcomeId: string,
  compare: () => Promise<ReproductionVerdict>,
): Promise<ReproductionVerdict | undefined> {
  let verdict: ReproductionVerdict | undefined;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const standing = await readChainFrom(log, verdictChain, subject, await log.leaderLastOf(subject));
    if (standing.state?.outcome?.eventId === outcomeId) return undefined;
    verdict ??= await compare();
    const event: Event = { id: newEventId(), ...verdictEvent(standing, verdict) };
    const appended = await appendEvent(log, subject, event, {
      expectLastSequence: standing.expect,
      source: sourceComponent,
    });
    if (appended.kind === "appended") return verdict;
  }
  throw new Retryable(
    "verdict-raced",
    `Cannot append a verdict to ${subject}: other messages came first ${attemptsMax} times in a row`,
  );
}
