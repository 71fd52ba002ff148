import type { Event, Push } from "../contracts/millrace/event/v1/event.ts";
import { predecessorOf, unplaced } from "./chain.ts";
import type { Chain, ChainKind } from "./chain.ts";

/** A push destination: what it serves, and pushes that were intended and have not ended. */
export interface Target {
  /** The highest version that was pushed and not rolled back. */
  readonly served: Push | undefined;
  /** Earlier served versions, newest first, for roll-back. */
  readonly history: readonly Push[];
  /** Intended and neither pushed nor rolled back, oldest first. */
  readonly open: readonly Push[];
}

/**
 * The chain of a destination. Its carried state names only the latest open push; a pusher that must find its own
 * run's folds the whole subject (pushes are rare).
 */
export const targetChain: ChainKind<Target> = {
  initial: { served: undefined, history: [], open: [] },
  step(target, event, entry) {
    const body = event.body;
    if (body?.$case === "pushIntended" && body.value.push)
      return { ...target, open: [...target.open, { ...body.value.push, version: BigInt(entry.sequence) }] };
    if (body?.$case === "pushed" && body.value.push) return serve(target, body.value.push);
    if (body?.$case === "rolledBack") return rollBack(target, body.value.undone, body.value.served);
    return undefined;
  },
  carried(state, _event, entry) {
    if (state.chain?.$case !== "target") return undefined;
    const { served, open } = state.chain.value;
    const versioned = open && { ...open, version: open.version || BigInt(entry.sequence) };
    return { served, history: served ? [served] : [], open: versioned ? [versioned] : [] };
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
    state: { chain: { $case: "target", value: { served: after.served, open: after.open.at(-1) } } },
  };
}

function serve(target: Target, push: Push): Target {
  const open = target.open.filter(({ version }) => version !== push.version);
  const history = [push, ...target.history.filter(({ version }) => version !== push.version)].sort((a, b) =>
    a.version < b.version ? 1 : -1,
  );
  return { served: history[0], history, open };
}

function rollBack(target: Target, undone: Push | undefined, served: Push | undefined): Target {
  const other = ({ version }: Push): boolean => version !== undone?.version;
  const history = target.history.filter(other);
  return { served: served ?? history[0], history, open: target.open.filter(other) };
}
