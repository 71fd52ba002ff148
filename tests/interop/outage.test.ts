import { describe, expect, it } from "vitest";
import { expectClean } from "../support/chaos/expect-clean.ts";
import { millSetting } from "../support/chaos/mill.ts";

describe("a nats-server that is away for 30 s", () => {
  it.each(["kill-server", "stop-server"] as const)("by %s: runs go on, and nothing is doubled", async (kind) => {
    await using setting = millSetting();
    const schedule = [{ gap: 5, kind, pick: 0 }];
    const { faults } = await expectClean({ seed: 1, runs: 4, setting, schedule, awayMs: 30_000 });
    expect(faults).toEqual({ [kind]: 1 });
  });
});
