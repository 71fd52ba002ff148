import type { CacheEntry, Event } from "../contracts/millrace/event/v1/event.ts";
import { predecessorOf, withLater } from "./chain.ts";
import type { Chain, ChainKind } from "./chain.ts";

/** What is known for a cache key. */
export interface CachedOutcome {
  /** The execution that may be reused; undefined if there is none or it was revoked. */
  readonly entry: CacheEntry | undefined;
}

/** The chain of a cache key. */
export const cacheChain: ChainKind<CachedOutcome> = {
  initial: { entry: undefined },
  step: (_cached, event) => cachedOf(event),
  carried: (_state, event) => cachedOf(event),
};

/** The event that offers or revokes an outcome, after the chain's head. */
export function cacheEvent(
  chain: Chain<CachedOutcome>,
  body: Extract<NonNullable<Event["body"]>, { $case: "cacheEntry" | "cacheRevoked" }>,
): Omit<Event, "id"> {
  const valid = body.$case === "cacheEntry";
  return {
    previous: predecessorOf(chain.head),
    body,
    state: { chain: { $case: "cache", value: withLater(chain, { valid }) } },
  };
}

function cachedOf(event: Event): CachedOutcome | undefined {
  if (event.body?.$case === "cacheEntry") return { entry: event.body.value };
  if (event.body?.$case === "cacheRevoked") return { entry: undefined };
  return undefined;
}
