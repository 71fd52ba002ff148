import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Log, MemoryLog, parseSubject } from "../log/mod.ts";
import { writeHistories } from "../testing/history/write-histories.ts";
import { type Derived, rebuild } from "./derived.ts";
import { KeptRunIndex } from "./run-index/mod.ts";
import { shownViews } from "./shown-views.ts";
import { KeptTimes } from "./time-index/mod.ts";

let directory: string;
let log: MemoryLog;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "rebuild-"));
  log = new MemoryLog();
  const fates = ["succeeded", "reused", "failed", "resumed", "cancelled", "running"] as const;
  await writeHistories(log, fates.length, (index) => fates[index] ?? "succeeded");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function everything(of: Log): readonly Derived[] {
  const runs = new KeptRunIndex(of, directory);
  return [...shownViews(of, runs, (digest) => digest), runs, new KeptTimes(of, directory)];
}

describe("what is folded and kept", () => {
  it("is what it was when all is dropped and folded again, whether or not anything was kept", async () => {
    const to = await log.leaderLastSequence();
    expect(readdirSync(directory)).toEqual([]);
    for (const _again of [1, 2]) {
      const rebuilt = await rebuild(everything(log), to);
      expect(rebuilt.map(({ what, equal }) => [what, equal])).toEqual([
        ["list of runs", true],
        ["list of artifacts", true],
        ["lineage", true],
        ["index of runs", true],
        ["index of times", true],
      ]);
      expect(readdirSync(directory)).not.toEqual([]);
    }
  });

  it("is found out where it is not what the log says, and is right from then on", async () => {
    const to = await log.leaderLastSequence();
    // As if an earlier version had folded wrongly: it took no notice of how runs end.
    const mistaken = Object.assign(Object.create(log) as MemoryLog, {
      created: () => log.created(),
      get: (sequence: number) => log.get(sequence),
      async *read(filters: readonly string[], range: object) {
        for await (const entry of log.read(filters, range))
          if (parseSubject(entry.subject).kind !== "outcome") yield entry;
      },
    });
    await new KeptRunIndex(mistaken, directory).build(to);
    const rebuilt = await rebuild(everything(log), to);
    const unequal = rebuilt.filter(({ equal }) => !equal).map(({ what }) => what);
    expect(unequal).toEqual(expect.arrayContaining(["list of runs", "index of runs"]));
    expect((await rebuild(everything(log), to)).every(({ equal }) => equal)).toBe(true);
  });
});
