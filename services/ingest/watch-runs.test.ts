import type { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import { controlChain, controlEvent, outcomeChain, predecessorOf } from "millrace/journal";
import { appendEvent, ManualClock, MemoryLog, MemoryStream, newEventId, subjectsOf } from "millrace/log";
import { Retryable } from "millrace/model";
import { foldChain } from "millrace/projections";
import { historyRun, writeHistories } from "millrace/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { endedKeptMs, OpenRuns } from "./open-runs.ts";
import { watchRuns } from "./watch-runs.ts";

const subjects = subjectsOf("mr");
/** Of a hundred runs these are open: one works, and nothing was read of another but its start. */
const fates = ["running", "queued", ...Array.from({ length: 98 }, () => "succeeded" as const)] as const;

let clock: ManualClock;
let log: MemoryLog;
let stop: AbortController;
let watching: Promise<void>;

beforeEach(async () => {
  clock = new ManualClock(1_000_000);
  log = new MemoryLog({ stream: new MemoryStream({ clock }) });
  stop = new AbortController();
  watching = Promise.resolve();
  await writeHistories(log, fates.length, (index) => fates[index] ?? "succeeded");
});

afterEach(async () => {
  stop.abort();
  await watching;
});

/** Watches until all that is on the log was folded. */
async function watch(of: MemoryLog = log): Promise<OpenRuns> {
  const runs = new OpenRuns();
  await new Promise<void>((resolve) => {
    watching = watchRuns(of, runs, stop.signal, (sequence) => {
      if (sequence === log.stream.lastSequence) resolve();
    });
  });
  return runs;
}

const watched = (runs: OpenRuns): string[] => [...runs.all(clock.epochMs())].map(({ run }) => run).toSorted();

it("keeps of a long log the open runs alone, and those that ended lately", async () => {
  expect(watched(await watch())).toHaveLength(fates.length);
  stop.abort();
  await watching;
  stop = new AbortController();
  clock.advance(endedKeptMs + 1);
  const runs = new OpenRuns();
  watching = watchRuns(log, runs, stop.signal, () => {});
  await expect.poll(() => watched(runs)).toEqual([historyRun(0), historyRun(1)].toSorted());
  expect(runs.knows({ pipeline: "penguins", run: historyRun(50) })).toBe(false);
});

it("knows of an open run what it said before the watch began", async () => {
  clock.advance(endedKeptMs + 1);
  const run = [...(await watch()).all(clock.epochMs())].find((one) => one.run === historyRun(0));
  expect(run?.started?.planDigest).toMatch(/^sha256:/);
  expect(run?.journals.get("trainer.model")?.phase).toBe("claimed");
  expect(run?.journals.get("statistics-gen.statistics")?.phase).toBe("completed");
  expect(run?.fannedOut.size).toBe(7);
});

it("takes up a run again that is resumed long after it ended", async () => {
  clock.advance(endedKeptMs + 1);
  const runs = await watch();
  const run = historyRun(50);
  const outcome = await foldChain(log, outcomeChain, subjects.outcome("penguins", run));
  const control = await foldChain(log, controlChain, subjects.control("penguins", run));
  const value = { outcome: predecessorOf(outcome.head), reason: "mended", plan: undefined };
  const event: Event = { id: newEventId(), ...controlEvent(control, { $case: "resumed", value }) };
  await appendEvent(log, subjects.control("penguins", run), event, { expectLastSequence: control.expect });
  await expect.poll(() => runs.knows({ pipeline: "penguins", run })).toBe(true);
  const taken = [...runs.all(clock.epochMs())].find((one) => one.run === run);
  expect(taken).toMatchObject({ control: { state: { epoch: 1 } }, outcome: { state: { epoch: 0 } } });
  expect(taken?.journals.size).toBe(9);
});

it("begins although the log could not be read at first", async () => {
  const failing = new (class extends MemoryLog {
    failures = 2;

    override async leaderLastSequence(): Promise<number> {
      if (this.failures-- > 0) throw new Retryable("log-unavailable", "away");
      return super.leaderLastSequence();
    }
  })({ stream: log.stream });
  const runs = watch(failing);
  await expect
    .poll(() => {
      clock.advance(1_000);
      return failing.failures;
    })
    .toBeLessThan(0);
  expect(watched(await runs)).toHaveLength(fates.length);
});
