import { describe, expect, it } from "vitest";
import type { Event, Push } from "../contracts/millrace/event/v1/event.ts";
import { newEventId } from "../log/mod.ts";
import { chainFromLast, emptyChain, stepChain } from "./chain.ts";
import type { Chain } from "./chain.ts";
import { encodeEvent } from "../log/mod.ts";
import { targetChain, targetEvent } from "./target.ts";
import type { Target } from "./target.ts";

type Body = Parameters<typeof targetEvent>[1];

const model = (letter: string): Push["model"] => ({
  type: "Model",
  digest: `sha256:${letter.repeat(64)}`,
  bytes: 1n,
  files: 1,
  properties: {},
});

const push = (letter: string, more: Partial<Push> = {}): Push => ({
  version: 0n,
  model: model(letter),
  run: `run-${letter}`,
  node: "pushed",
  pipeline: "penguins",
  blessedSequence: 0n,
  ...more,
});

/** A destination's chain whose messages stand one behind the other from sequence 1. */
class History {
  chain: Chain<Target> = emptyChain(targetChain);
  #sequence = 0;

  append(body: Body): number {
    const event: Event = { id: newEventId(), ...targetEvent(this.chain, body) };
    this.#sequence += 1;
    const entry = {
      sequence: this.#sequence,
      subject: "mr.target.serving",
      timeMs: 0,
      headers: new Map(),
      expected: 0,
      data: encodeEvent(event),
    };
    this.chain = stepChain(targetChain, this.chain, entry);
    const carried = chainFromLast(targetChain, entry)?.state;
    expect(carried?.served, "carried state").toEqual(this.chain.state.served);
    expect(carried?.open.at(-1), "carried state").toEqual(this.chain.state.open.at(-1));
    return this.#sequence;
  }

  intend(intended: Push): Push {
    const version = BigInt(this.append({ $case: "pushIntended", value: { push: intended, claimEventId: "" } }));
    return this.chain.state.open.find((open) => open.version === version) ?? intended;
  }

  pushed(intended: Push): void {
    this.append({ $case: "pushed", value: { push: intended, uri: "" } });
  }

  /** Pushes a model. @returns its version. */
  serve(letter: string): bigint {
    const intended = this.intend(push(letter));
    this.pushed(intended);
    return intended.version;
  }

  /** Rolls back to a version. @returns the version that serves it again. */
  restore(letter: string, version: bigint): bigint {
    const intended = this.intend(push(letter, { restoredVersion: version }));
    const undone = this.chain.state.served;
    this.append({ $case: "rolledBack", value: { undone, served: intended, reason: "it errs" } });
    return intended.version;
  }

  get versions(): readonly bigint[] {
    return this.chain.state.history.map(({ version }) => version);
  }
}

describe("a destination's chain", () => {
  it("serves an earlier model under a new, highest version, and forgets what it went behind", () => {
    const history = new History();
    const [a, b, c] = [history.serve("a"), history.serve("b"), history.serve("c")];
    const back = history.restore("a", a);
    const { served, undone, open } = history.chain.state;
    expect(served).toMatchObject({ version: back, restoredVersion: a, model: model("a") });
    expect(history.versions).toEqual([back, a]);
    expect(undone.map(({ version }) => version)).toEqual([c, b]);
    expect(open).toEqual([]);
  });

  it("orders a rollback behind everything that was blessed before it", () => {
    const history = new History();
    const a = history.serve("a");
    history.serve("b");
    const back = history.restore("a", a);
    expect(history.chain.state.served?.blessedSequence).toBe(back);
  });

  it("goes on serving the rolled-back model when a push that was intended before comes late", () => {
    const history = new History();
    const a = history.serve("a");
    history.serve("b");
    const late = history.intend(push("c"));
    const back = history.restore("a", a);
    history.pushed(late);
    expect(history.chain.state.served?.version).toBe(back);
  });

  it("serves a later push again, whatever was rolled back before", () => {
    const history = new History();
    const a = history.serve("a");
    history.serve("b");
    const back = history.restore("a", a);
    const d = history.serve("d");
    expect(history.chain.state.served?.version).toBe(d);
    expect(history.versions).toEqual([d, back, a]);
  });

  it("does not count what was rolled back as pushed anew when its pusher records it again", () => {
    const history = new History();
    const a = history.serve("a");
    const b = history.intend(push("b"));
    history.pushed(b);
    const back = history.restore("a", a);
    history.pushed(b);
    expect(history.versions).toEqual([back, a]);
  });

  it("takes an intended rollback back without touching what is served", () => {
    const history = new History();
    const a = history.serve("a");
    const b = history.serve("b");
    const back = history.restore("a", a);
    const again = history.intend(push("b", { restoredVersion: b }));
    const { served } = history.chain.state;
    history.append({ $case: "rolledBack", value: { undone: again, served, reason: "its bytes are gone" } });
    expect(history.chain.state.served?.version).toBe(back);
    expect(history.chain.state.open).toEqual([]);
    expect(history.versions).toEqual([back, a]);
  });
});
