import { beforeAll, describe, expect, it } from "vitest";
import { createPlans } from "../driver/mod.ts";
import { MemoryLog, subjectsOf } from "../log/mod.ts";
import type { Clock, Log } from "../log/mod.ts";
import { targetToken } from "../model/mod.ts";
import { copyEntry } from "../testing/copy-entry.ts";
import { historyDestination } from "../testing/history/history-plan.ts";
import { historyRun, writeHistories } from "../testing/history/write-histories.ts";
import type { Fate } from "../testing/history/write-histories.ts";
import { artifactsOf } from "./artifacts.ts";
import { readBlessed } from "./blessed-model.ts";
import { findRun } from "./find-run.ts";
import { lineageOf } from "./lineage.ts";
import { foldPipelines } from "./pipelines.ts";
import { readPushed } from "./pushed-models.ts";
import { foldRun } from "./run.ts";
import { viewRun } from "./run-view.ts";
import { foldRuns, listRuns } from "./runs.ts";
import { readWhy } from "./why/mod.ts";

const fates: readonly Fate[] = [
  "succeeded",
  "reused",
  "retried",
  "failed",
  "resumed",
  "cancelled",
  "running",
  "queued",
];
const uriOf = (digest: string) => `test:${digest}`;
const nowMs = 1_800_000_000_000;
const pipeline = "penguins";
const destination = { destination: historyDestination, token: targetToken(historyDestination) };

/** Every read that takes a moment, as of one; for runs that had started by then. */
async function everything(log: Log, to: number): Promise<Readonly<Record<string, unknown>>> {
  const plans = createPlans(log, () => Promise.reject(new Error("no plan is that large here")));
  const folds = await foldRuns(log, { to });
  const runs = await listRuns(log, nowMs, { to });
  const single = await Promise.all(
    runs.map(async ({ run }) => {
      const fold = await foldRun(pipeline, run, log.read([subjectsOf("mr").filters.run(pipeline, run)], { to }));
      const started = fold.started?.body;
      const reference = {
        digest: started?.planDigest ?? "",
        sequence: started?.planSequence ?? 0n,
        artifactDigest: "",
      };
      const view = viewRun(fold, await plans.load(reference), { uriOf, nowMs });
      const question = { pipeline, run, to, nowMs };
      const why = ["model", "pushed"].map((node) =>
        readWhy(log, (wanted) => plans.load(wanted), { ...question, node }),
      );
      return { view, why: await Promise.all(why), found: await findRun(log, run, { to }) };
    }),
  );
  return {
    runs,
    single,
    latest: await findRun(log, "latest", { to }).catch((error: unknown) => String(error)),
    artifacts: artifactsOf(folds.values(), uriOf),
    lineage: lineageOf(folds.values(), uriOf),
    pipelines: [...(await foldPipelines(log, { to }))],
    blessed: await readBlessed(log, pipeline, to, uriOf),
    pushed: await readPushed(log, destination, to, uriOf),
  };
}

/** A log whose clock can be set, so that copies of messages keep their times. */
function copyAt(now: { ms: number }): MemoryLog {
  const clock: Clock = { ...new MemoryLog().clock, epochMs: () => now.ms };
  return new MemoryLog({ clock });
}

describe("every projection as of a sequence", () => {
  let log: MemoryLog;

  beforeAll(async () => {
    log = new MemoryLog();
    await writeHistories(log, fates.length, (index) => fates[index] ?? "succeeded");
  });

  it("equals that of the log cut there", async () => {
    const last = await log.leaderLastSequence();
    const now = { ms: 0 };
    const cut = copyAt(now);
    let compared = 0;
    for (let to = 1; to <= last; to++) {
      const entry = await log.get(to);
      now.ms = entry?.timeMs ?? 0;
      if (entry) await copyEntry(cut, entry);
      // Every nineteenth message: a read of everything for each would take a minute.
      if (to % 19 !== 0 && to !== last) continue;
      expect(await everything(log, to)).toEqual(await everything(cut, to));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(12);
    expect((await cut.get(last))?.subject).toBe((await log.get(last))?.subject);
    expect((await findRun(log, "latest", { to: last })).run).toBe(historyRun(fates.length - 1));
  });
});
