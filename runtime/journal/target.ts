import type { Event, Push } from "../contracts/millrace/event/v1/event.ts";
import { predecessorOf, unplaced, withLater } from "./chain.ts";
import type { Chain, ChainKind } from "./chain.ts";

/** A push destination: what it serves, and pushes that were intended and have not ended. */
export interface Target {
  /** The highest version that was pushed and not rolled back. */
  readonly served: Push | undefined;
  /** Versions that were pushed and not rolled back, the served one first, then newest first. */
  readonly history: readonly Push[];
  /** Versions that a rollback went behind, in the order in which it did. */
  readonly undone: readonly Push[];
  /** Intended and neither pushed nor rolled back, oldest first. */
  readonly open: readonly Push[];
}

/**
 * The chain of a destination. Its carried state names only the latest open push; a pusher that must find its own
 * run's folds the whole subject (pushes are rare).
 */
export const targetChain: ChainKind<Target> = {
  initial: { served: undefined, history: [], undone: [], open: [] },
  step(target, event, entry) {
    const body = event.body;
    if (body?.$case === "pushIntended" && body.value.push)
      return { ...target, open: [...target.open, numbered(body.value.push, entry.sequence)] };
    if (body?.$case === "pushed" && body.value.push) return serve(target, body.value.push);
    if (body?.$case === "rolledBack") return rollBack(target, body.value.undone, body.value.served);
    return undefined;
  },
  carried(state, _event, entry) {
    if (state.chain?.$case !== "target") return undefined;
    const { served, open } = state.chain.value;
    return {
      served,
      history: served ? [served] : [],
      undone: [],
      open: open ? [open.version === 0n ? numbered(open, entry.sequence) : open] : [],
    };
  },
};

/** The event of a push, after the chain's head. */
export function targetEvent(
  chain: Chain<Target>,
  body: Extract<NonNullable<Event["body"]>, { $case: "pushIntended" | "pushed" | "rolledBack" }>,
): Omit<Event, "id"> {
  const after = targetChain.step(chain.state, { id: "", body }, unplaced) ?? chain.state;
  return {
    previous: predecessorOf(chain.head),
    body,
    state: { chain: { $case: "target", value: withLater(chain, { served: after.served, open: after.open.at(-1) }) } },
  };
}

/** The version whose model a push serves: of a rollback the earlier one, else its own. */
export function originalVersion({ version, restoredVersion }: Push): bigint {
  return restoredVersion ?? version;
}

/** An intent's sequence is its version; a rollback comes behind everything that was blessed before it. */
function numbered(push: Push, sequence: number): Push {
  const version = BigInt(sequence);
  return { ...push, version, blessedSequence: push.restoredVersion === undefined ? push.blessedSequence : version };
}

function serve(target: Target, push: Push): Target {
  const open = target.open.filter(({ version }) => version !== push.version);
  if (target.undone.some(({ version }) => version === push.version)) return { ...target, open };
  const history = placed(push, target.history);
  return { ...target, served: history[0], history, open };
}

/** Takes back an intent; or, by a rollback that was intended, goes behind every version above the restored one. */
function rollBack(target: Target, undone: Push | undefined, served: Push | undefined): Target {
  if (served?.restoredVersion !== undefined && served.version > (undone?.version ?? 0n))
    return restore(target, served, served.restoredVersion);
  const other = ({ version }: Push): boolean => version !== undone?.version;
  const history = target.history.filter(other);
  return { ...target, served: served ?? history[0], history, open: target.open.filter(other) };
}

function restore(target: Target, push: Push, restoredVersion: bigint): Target {
  const behind = (other: Push): boolean => other.version < push.version && originalVersion(other) > restoredVersion;
  const kept = target.history.filter((other) => !behind(other));
  const history = placed(push, kept);
  const open = target.open.filter(({ version }) => version !== push.version);
  return { served: history[0], history, undone: [...target.undone, ...target.history.filter(behind)], open };
}

/** Newest first; mostly it is the newest itself. */
function placed(push: Push, history: readonly Push[]): readonly Push[] {
  const newest = history[0];
  if (newest === undefined || newest.version < push.version) return [push, ...history];
  const others = history.filter(({ version }) => version !== push.version);
  return [push, ...others].sort((a, b) => (a.version < b.version ? 1 : -1));
}
