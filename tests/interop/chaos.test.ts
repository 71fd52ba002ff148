import { describe, expect, it } from "vitest";
import { expectClean } from "../support/chaos/expect-clean.ts";
import { penguinsSetting } from "../support/chaos/penguins.ts";

describe("twenty runs of the penguins' pipeline, two replicas of every service, while processes are killed", () => {
  it("all end, once, with what undisturbed runs made, and each pushes at most once", { timeout: 900_000 }, async () => {
    await using setting = penguinsSetting();
    const { faults } = await expectClean({ seed: 20, runs: 20, setting });
    expect(Object.keys(faults)).toContain("kill-server");
    expect(Object.values(faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(20);
  });
});
