import { describe, expect, it } from "vitest";
import { digestOf } from "../model/mod.ts";
import { type Derived, rebuild } from "./derived.ts";

/** Keeps the numbers up to a sequence, and what it was told to remember wrongly. */
class KeptNumbers implements Derived {
  readonly what: string;
  readonly #told: string[];
  #kept: readonly number[] | undefined;

  constructor(what: string, kept?: readonly number[], told: string[] = []) {
    this.what = what;
    this.#kept = kept;
    this.#told = told;
  }

  async digest(to: number): Promise<string> {
    this.#told.push(`digest ${this.what}`);
    const kept = this.#kept ?? [];
    const since = Array.from({ length: to - kept.length }, (_, index) => kept.length + index + 1);
    return digestOf(JSON.stringify([...kept, ...since]));
  }

  async drop(): Promise<void> {
    this.#told.push(`drop ${this.what}`);
    this.#kept = undefined;
  }

  async build(to: number): Promise<void> {
    this.#told.push(`build ${this.what}`);
    this.#kept = Array.from({ length: to }, (_, index) => index + 1);
  }
}

describe("rebuild()", () => {
  it("finds equal what was folded from the log, however far it had been kept", async () => {
    const rebuilt = await rebuild([new KeptNumbers("some", [1, 2]), new KeptNumbers("none")], 4);
    expect(rebuilt.map(({ what, equal }) => ({ what, equal }))).toEqual([
      { what: "some", equal: true },
      { what: "none", equal: true },
    ]);
    expect(rebuilt[0]?.before).toBe(rebuilt[0]?.after);
  });

  it("names what was kept and is not what the log says", async () => {
    const [good, bad] = await rebuild([new KeptNumbers("good", [1]), new KeptNumbers("bad", [1, 3])], 4);
    expect(good?.equal).toBe(true);
    expect(bad).toMatchObject({ what: "bad", equal: false });
    expect(bad?.before).not.toBe(bad?.after);
  });

  it("looks at all before it drops any, and drops all before it builds any", async () => {
    const told: string[] = [];
    await rebuild([new KeptNumbers("a", [], told), new KeptNumbers("b", [], told)], 1);
    expect(told).toEqual(["digest a", "digest b", "drop a", "drop b", "build a", "digest a", "build b", "digest b"]);
  });
});
