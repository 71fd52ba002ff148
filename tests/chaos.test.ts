import { describe, expect, it } from "vitest";
import { expectClean } from "./support/chaos/expect-clean.ts";
import { millSetting } from "./support/chaos/mill.ts";

describe("runs of light components, two replicas of each, while processes are killed and stopped", () => {
  it("all end, once, with what undisturbed runs made, and each pushes at most once", async () => {
    await using setting = millSetting();
    const { faults, claimsAgain } = await expectClean({ seed: 20, runs: 6, setting });
    expect(Object.values(faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(8);
    expect(claimsAgain).toBeGreaterThan(0);
  });
});
