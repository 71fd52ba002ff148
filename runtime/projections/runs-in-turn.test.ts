import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { MemoryLog } from "../log/mod.ts";
import { writeHistories } from "../testing/history/write-histories.ts";
import type { Fate } from "../testing/history/write-histories.ts";
import { artifactsOf, listArtifacts } from "./artifacts.ts";
import { lineageAround, lineageOf, readLineage } from "./lineage.ts";
import type { Lineage } from "./lineage.ts";
import { foldRuns } from "./runs.ts";
import { foldRunsInTurn } from "./runs-in-turn.ts";

const fates: readonly Fate[] = [
  "succeeded",
  "reused",
  "resumed",
  "retried",
  "failed",
  "cancelled",
  "running",
  "queued",
];
let log: MemoryLog;
let last: number;

beforeAll(async () => {
  log = new MemoryLog();
  await writeHistories(log, fates.length, (index) => fates[index] as Fate);
  last = await log.leaderLastSequence();
});

const moments = () => fc.integer({ min: 0, max: last });

const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Without the order in which runs were folded. */
function sorted({ artifacts, executions, edges }: Lineage) {
  return {
    artifacts: artifacts.toSorted(byText),
    executions: executions.toSorted(byText),
    edges: edges.toSorted(byText),
  };
}

describe("runs folded in turn", () => {
  it("are every run once, as its whole fold is", async () => {
    await fc.assert(
      fc.asyncProperty(moments(), async (to) => {
        const whole = await foldRuns(log, { to });
        const seen: string[] = [];
        for await (const fold of foldRunsInTurn(log, { to })) {
          expect(fold).toEqual(whole.get(fold.run));
          seen.push(fold.run);
        }
        expect(seen.toSorted()).toEqual([...whole.keys()].toSorted());
      }),
      { numRuns: 40 },
    );
  });

  it("give the artifacts and the lineage that all folds together give", async () => {
    await fc.assert(
      fc.asyncProperty(moments(), async (to) => {
        const folds = [...(await foldRuns(log, { to })).values()];
        expect(await listArtifacts(log, String, { to })).toEqual(artifactsOf(folds, String));
        const lineage = lineageOf(folds, String);
        const digest = lineage.artifacts.find(({ type }) => type === "Model")?.digest ?? "sha256:none";
        expect(sorted(await readLineage(log, digest, String, { to }))).toEqual(sorted(lineageAround(lineage, digest)));
      }),
      { numRuns: 40 },
    );
  });
});
