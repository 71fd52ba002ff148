import type { Event, Push } from "../../contracts/millrace/event/v1/event.ts";
import { decodeEvent, targetChain, targetEvent } from "../../journal/mod.ts";
import type { Target } from "../../journal/mod.ts";
import { appendEvent, newEventId } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { MillraceError, Retryable } from "../../model/mod.ts";
import { foldChain } from "../../projections/mod.ts";
import { findSource } from "./find-source.ts";
import type { VersionRestorer } from "./version-restorer.ts";

/** Races for a destination's chain before the attempt is given up. */
const attemptsMax = 16;

/** A rollback that was intended and has not ended. */
export interface BegunRollBack {
  readonly subject: string;
  /** Path below the push root. */
  readonly destination: string;
  readonly intent: Push;
}

/** How a rollback ended: by whom, is not asked. */
export interface FinishedRollBack {
  /** Sequence of its RolledBack. */
  readonly sequence: number;
  /** What it went behind. */
  readonly undone: Push;
}

/**
 * Finishes a rollback that was intended, by whomever: puts the model in place as the intent's version, and says so.
 * What can't be done for good is withdrawn, with the reason.
 * @returns undefined if it was withdrawn by another.
 * @throws {MillraceError} what the restorer threw.
 */
export async function finishRollBack(
  log: Log,
  restorer: VersionRestorer,
  begun: BegunRollBack,
): Promise<FinishedRollBack | undefined> {
  const { subject, destination, intent } = begun;
  try {
    const chain = await foldChain(log, targetChain, subject);
    const source = await findSource(log, restorer, originalOf(chain.state, intent));
    const uri = await restorer.restore(source, destination, String(intent.version));
    const reason = await reasonOf(log, intent);
    return await record(log, begun, (state) => ({ undone: belowOf(state, intent), served: intent, uri, reason }));
  } catch (error) {
    if (!(error instanceof MillraceError) || error.class !== "terminal") throw error;
    const reason = error.message;
    await record(log, begun, (state) => ({ undone: intent, served: state.served, reason }));
    throw error;
  }
}

/** The push whose model is served again. */
function originalOf({ history, undone }: Target, intent: Push): Push {
  return [...history, ...undone].find(({ version }) => version === intent.restoredVersion) ?? intent;
}

/** The highest version below the intent's: what it goes behind. */
function belowOf({ history }: Target, intent: Push): Push {
  return history.find(({ version }) => version < intent.version) ?? intent;
}

interface Ending {
  readonly undone: Push;
  readonly served: Push | undefined;
  readonly uri?: string;
  readonly reason: string;
}

/** Why it was intended: its end says so, whoever writes it. */
async function reasonOf(log: Log, { version }: Push): Promise<string> {
  const entry = await log.get(Number(version));
  const body = entry && decodeEvent(entry.data)?.body;
  return body?.$case === "pushIntended" ? (body.value.reason ?? "") : "";
}

/** Records a rollback's end, unless someone has; then that end is found. */
async function record(
  log: Log,
  { subject, destination, intent }: BegunRollBack,
  endIn: (state: Target) => Ending,
): Promise<FinishedRollBack | undefined> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const chain = await foldChain(log, targetChain, subject);
    if (!chain.state.open.some(({ version }) => version === intent.version)) return findEnd(log, subject, intent);
    const value = endIn(chain.state);
    const event: Event = { id: newEventId(), ...targetEvent(chain, { $case: "rolledBack", value }) };
    const appended = await appendEvent(log, subject, event, { expectLastSequence: chain.expect, shared: true });
    if (appended.kind === "appended") return { sequence: appended.sequence, undone: value.undone };
  }
  throw new Retryable(
    "destination-busy",
    `Cannot record the rollback of ${destination}: other pushes were recorded first ${attemptsMax} times in a row. Try again`,
  );
}

async function findEnd(log: Log, subject: string, { version }: Push): Promise<FinishedRollBack | undefined> {
  for await (const entry of log.read([subject], { from: Number(version) })) {
    const body = decodeEvent(entry.data)?.body;
    if (body?.$case !== "rolledBack" || body.value.served?.version !== version || body.value.undone === undefined)
      continue;
    return { sequence: entry.sequence, undone: body.value.undone };
  }
  return undefined;
}
