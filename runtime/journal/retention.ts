import type { Event } from "../contracts/millrace/event/v1/event.ts";
import { predecessorOf, unplaced, withLater } from "./chain.ts";
import type { Chain, ChainKind } from "./chain.ts";

/** Whether something is kept on purpose, and whether its bytes were given up. */
export interface Retention {
  /** Why it is kept whatever the policy says; undefined if it is not pinned. */
  readonly pinned: string | undefined;
  /** Sequence of the Collected that stands; undefined if its bytes were not given up, or are there again. */
  readonly collectedSequence: number | undefined;
}

/**
 * The chain of an artifact, and of a run's pin. What is pinned is not collected: such a Collected is void, and whoever
 * wrote it has no right to the bytes.
 */
export const retentionChain: ChainKind<Retention> = {
  initial: { pinned: undefined, collectedSequence: undefined },
  step(retention, event, entry) {
    switch (event.body?.$case) {
      case "pinned":
        return { ...retention, pinned: event.body.value.reason };
      case "unpinned":
        return { ...retention, pinned: undefined };
      case "collected":
        return retention.pinned === undefined ? { ...retention, collectedSequence: entry.sequence } : undefined;
      case "restored":
        return { ...retention, collectedSequence: undefined };
      default:
        return undefined;
    }
  },
  carried(state, _event, entry) {
    if (state.chain?.$case !== "retention") return undefined;
    const { pinned, pinReason, collectedSequence } = state.chain.value;
    return {
      pinned: pinned ? pinReason : undefined,
      collectedSequence: collectedSequence === undefined ? undefined : Number(collectedSequence) || entry.sequence,
    };
  },
};

/** An event of an artifact's chain or a run's pin. */
export type RetentionBody = Extract<
  NonNullable<Event["body"]>,
  { $case: "pinned" | "unpinned" | "collected" | "restored" }
>;

/** The event that a retention body makes after the chain's head; undefined if it would be void there. */
export function retentionEvent(chain: Chain<Retention>, body: RetentionBody): Omit<Event, "id"> | undefined {
  const after = retentionChain.step(chain.state, { id: "", body }, unplaced);
  if (after === undefined) return undefined;
  const { pinned, collectedSequence } = after;
  const value = {
    pinned: pinned !== undefined,
    pinReason: pinned ?? "",
    collectedSequence: collectedSequence === undefined ? undefined : BigInt(collectedSequence),
  };
  return {
    previous: predecessorOf(chain.head),
    body,
    state: { chain: { $case: "retention", value: withLater(chain, value) } },
  };
}
