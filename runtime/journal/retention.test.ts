import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../contracts/millrace/event/v1/event.ts";
import { encodeEvent, newEventId } from "../log/mod.ts";
import type { LogEntry } from "../log/mod.ts";
import { chainFromLast, emptyChain, predecessorOf, stepChain } from "./chain.ts";
import type { Chain } from "./chain.ts";
import { retentionChain, retentionEvent } from "./retention.ts";
import type { Retention, RetentionBody } from "./retention.ts";

const pinned: RetentionBody = { $case: "pinned", value: { reason: "audit" } };
const unpinned: RetentionBody = { $case: "unpinned", value: { reason: "" } };
const collected: RetentionBody = { $case: "collected", value: { policy: "the last 10 runs" } };
const restored: RetentionBody = { $case: "restored", value: { reason: "a run reuses it" } };

function entryOf(sequence: number, event: Event): LogEntry {
  return { sequence, subject: "mr.artifact.x", timeMs: 0, headers: new Map(), data: encodeEvent(event), expected: 0 };
}

function fold(bodies: readonly RetentionBody[]): { chain: Chain<Retention>; last: LogEntry | undefined } {
  let chain = emptyChain(retentionChain);
  let last: LogEntry | undefined;
  for (const body of bodies) {
    const event = retentionEvent(chain, body);
    if (event === undefined) continue;
    last = entryOf(chain.expect + 1, { id: newEventId(), ...event });
    chain = stepChain(retentionChain, chain, last);
  }
  return { chain, last };
}

describe("an artifact's chain", () => {
  it("is pinned and collected as its last words say", () => {
    expect(fold([pinned]).chain.state).toEqual({ pinned: "audit", collectedSequence: undefined });
    expect(fold([collected]).chain.state).toEqual({ pinned: undefined, collectedSequence: 1 });
    expect(fold([collected, restored]).chain.state).toEqual(emptyChain(retentionChain).state);
    expect(fold([pinned, unpinned, collected]).chain.state.collectedSequence).toBe(3);
  });

  it("gives no right to collect what is pinned, and voids a forged Collected", () => {
    const { chain } = fold([pinned]);
    expect(retentionEvent(chain, collected)).toBeUndefined();
    const forged = { id: newEventId(), previous: predecessorOf(chain.head), body: collected, state: undefined };
    const after = stepChain(retentionChain, chain, entryOf(2, forged));
    expect(after).toEqual({ ...chain, expect: 2 });
  });

  it("carries the state that its fold has", () => {
    const bodies = array(constantFrom(pinned, unpinned, collected, restored), { minLength: 1, maxLength: 12 });
    assert(
      property(bodies, (words) => {
        const { chain, last } = fold(words);
        expect(chainFromLast(retentionChain, last)).toEqual(chain);
      }),
    );
  });
});
