import type { Difference, RunDifference } from "millrace/projections";
import { describe, expect, it } from "vitest";
import { printDifference } from "./difference.ts";

const identity = {
  run: "a".repeat(32),
  pipeline: "penguins",
  planDigest: "",
  state: "succeeded",
  kind: "ordinary",
  of: null,
  startedAt: 0,
  durationMs: 1_500,
} as const;

const row = (
  node: string,
  aspect: Difference["aspect"],
  name: string,
  was: Difference["was"],
  is: Difference["is"],
) => {
  const numbers = typeof was === "number" && typeof is === "number" && was !== 0;
  return { node, aspect, name, was, is, equal: false, change: numbers ? (is - was) / was : null };
};

function print(differences: readonly Difference[], equal = false): string {
  const forked = { ...identity, run: "b".repeat(32), kind: "fork", of: identity.run } as const;
  const difference: RunDifference = { runs: [identity, forked], equal, nodes: [], differences };
  return printDifference(difference);
}

describe("printDifference()", () => {
  it("says what the runs are, and aligns what differs", () => {
    const text = print([
      row("model", "parameter", "epochs", 30, 12),
      row("model", "output", "model", `sha256:${"1".repeat(64)}`, `sha256:${"2".repeat(64)}`),
    ]);
    expect(text).toContain("Run bbbbbbbbbbbb of pipeline penguins, fork of aaaaaaaaaaaa: succeeded, 1.5 s");
    expect(text).toMatch(/^model +parameter +epochs +30 +12 +-60\.0 %$/m);
    expect(text).toMatch(/^model +output +model +1{12} +2{12}$/m);
  });

  it("leaves out inputs that another node made, attempts of what was not run, and durations that are alike", () => {
    const text = print([
      row("model", "output", "model", "sha256:a", "sha256:b"),
      row("evaluation", "input", "model", "sha256:a", "sha256:b"),
      row("examples", "input", "source", "sha256:c", "sha256:d"),
      row("schema", "decision", "attempts", 1, 0),
      row("schema", "decision", "taken", false, true),
      row("model", "decision", "attempts", 1, 2),
      row("model", "duration", "durationMs", 1_000, 1_100),
      row("schema", "duration", "durationMs", 10, 90),
      row("examples", "duration", "durationMs", 1_000, 2_000),
    ]);
    expect(text).not.toMatch(/^evaluation/m);
    expect(text).toMatch(/^examples +input +source/m);
    expect(text).toMatch(/^schema +decision +taken +false +true/m);
    expect(text.match(/attempts/g)).toHaveLength(1);
    expect(text.match(/ duration /g)).toHaveLength(1);
    expect(text).toMatch(/^examples +duration +1\.0 s +2\.0 s +\+100\.0 %$/m);
  });

  it("shows the statistics that changed most, and how many there are more", () => {
    const many = Array.from({ length: 25 }, (_, index) => row("statistics", "statistic", `train/f${index} mean`, 1, 2));
    const text = print(many);
    expect(text.match(/^statistics/gm)).toHaveLength(20);
    expect(text).toContain("and 5 more statistics (--json has all)");
  });

  it("says so when nothing that was made differs", () => {
    expect(print([], true)).toContain("Equal: nothing that was made differs");
  });
});
