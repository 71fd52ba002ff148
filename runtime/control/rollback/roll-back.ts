import type { Event, Push } from "../../contracts/millrace/event/v1/event.ts";
import { originalVersion, targetChain, targetEvent } from "../../journal/mod.ts";
import type { Chain, Target } from "../../journal/mod.ts";
import { appendEvent, newEventId, subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { Retryable, targetToken } from "../../model/mod.ts";
import { foldChain } from "../../projections/mod.ts";
import { chooseVersion } from "./choose-version.ts";
import { findSource } from "./find-source.ts";
import { finishRollBack } from "./finish-roll-back.ts";
import type { VersionRestorer } from "./version-restorer.ts";

export interface RollBackRequest {
  /** Path of the destination below the push root, for example `serving/penguins`. */
  readonly destination: string;
  /** Version to go back to; by default the one before the served one. */
  readonly to?: number;
  readonly reason: string;
}

/** A version of a destination, and the model in it. */
export interface VersionOfModel {
  readonly version: number;
  readonly model: string;
  readonly pipeline: string;
  readonly run: string;
}

/** A destination that was rolled back. */
export interface RolledBackDestination {
  readonly destination: string;
  /** What was served before. */
  readonly from: VersionOfModel;
  /** What is served again. */
  readonly to: VersionOfModel;
  /** The version that serves it. */
  readonly version: number;
  /** Sequence of its RolledBack; of the chain's last message if nothing was to be done. */
  readonly sequence: number;
  /** False if that model was served already. */
  readonly changed: boolean;
  /** Whether another's rollback was finished, which had been begun before. */
  readonly adopted: boolean;
}

/** Races for a destination's chain before the attempt is given up. */
const attemptsMax = 16;

/**
 * Makes a destination serve an earlier version's model again, as its new highest version: intent, effect, end. An
 * intent that someone left open is finished first; if it is what is asked for, that is all.
 * Source: docs/protocol.md, Rolling back.
 *
 * @throws {Terminal} `bad-destination`, `nothing-served`, `unknown-version`, `no-earlier-version`, `model-bytes-gone`,
 * and what the restorer throws. @throws {Retryable} `destination-busy`, and what may pass: ask again.
 */
export async function rollBack(
  log: Log,
  restorer: VersionRestorer,
  request: RollBackRequest,
): Promise<RolledBackDestination> {
  const { destination, to } = request;
  const subject = subjectsOf(log.namespace).target(targetToken(destination));
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const chain = await foldChain(log, targetChain, subject);
    const begun = chain.state.open.find(({ restoredVersion }) => restoredVersion !== undefined);
    if (begun) {
      const finished = await finishRollBack(log, restorer, { subject, destination, intent: begun });
      if (finished && (to === undefined || isAskedFor(chain.state, begun, to)))
        return resultOf(destination, chain.state, begun, { ...finished, adopted: true });
      continue;
    }
    const target = chooseVersion(chain.state, destination, to);
    const { served } = chain.state;
    if (served && served.model?.digest === target.model?.digest) return unchanged(destination, chain, served, target);
    // Before the intent: what can't be served again isn't announced.
    await findSource(log, restorer, target);
    const intent = await intend(log, subject, chain, target, request);
    if (intent === undefined) continue;
    const finished = await finishRollBack(log, restorer, { subject, destination, intent });
    if (finished) return resultOf(destination, chain.state, intent, { ...finished, adopted: false });
  }
  throw new Retryable(
    "destination-busy",
    `Cannot roll back ${destination}: other pushes were recorded first ${attemptsMax} times in a row. Try again`,
  );
}

async function intend(
  log: Log,
  subject: string,
  chain: Chain<Target>,
  target: Push,
  { reason, destination }: RollBackRequest,
): Promise<Push | undefined> {
  const push: Push = { ...target, version: 0n, blessedSequence: 0n, restoredVersion: target.version };
  const value = { push, claimEventId: "", reason, destination };
  const event: Event = { id: newEventId(), ...targetEvent(chain, { $case: "pushIntended", value }) };
  const appended = await appendEvent(log, subject, event, { expectLastSequence: chain.expect, shared: true });
  if (appended.kind === "lost") return undefined;
  const version = BigInt(appended.sequence);
  return { ...push, version, blessedSequence: version };
}

/** Whether a version means the one that an intent restores. */
function isAskedFor({ history, undone }: Target, { restoredVersion }: Push, to: number): boolean {
  const named = [...history, ...undone].find(({ version }) => Number(version) === to);
  return named !== undefined && originalVersion(named) === restoredVersion;
}

function resultOf(
  destination: string,
  { history, undone }: Target,
  intent: Push,
  { sequence, undone: from, adopted }: { readonly sequence: number; readonly undone: Push; readonly adopted: boolean },
): RolledBackDestination {
  const original = [...history, ...undone].find(({ version }) => version === intent.restoredVersion) ?? intent;
  const version = Number(intent.version);
  return { destination, from: viewOf(from), to: viewOf(original), version, sequence, changed: true, adopted };
}

function unchanged(destination: string, { head }: Chain<Target>, served: Push, target: Push): RolledBackDestination {
  const version = Number(served.version);
  const sequence = head?.sequence ?? 0;
  return { destination, from: viewOf(served), to: viewOf(target), version, sequence, changed: false, adopted: false };
}

function viewOf({ version, model, pipeline, run }: Push): VersionOfModel {
  return { version: Number(version), model: model?.digest ?? "", pipeline, run };
}
