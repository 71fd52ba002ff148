import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Event } from "../../contracts/millrace/event/v1/event.ts";
import { MemoryLog, newEventId, subjectsOf } from "../../log/mod.ts";
import type { LogEntry } from "../../log/mod.ts";
import { writeHistories } from "../../testing/history/write-histories.ts";
import type { Fate } from "../../testing/history/write-histories.ts";
import { emptyRun, evolveRun } from "../run.ts";
import { stateOfRun } from "../run-view.ts";
import { parseRows, rowText } from "./row-text.ts";
import { RunIndex } from "./run-index.ts";

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
const nowMs = 9_000_000_000_000;
let entries: LogEntry[];

beforeAll(async () => {
  const log = new MemoryLog();
  const [run] = await writeHistories(log, fates.length, (index) => fates[index] as Fate);
  const subjects = subjectsOf("mr");
  const strange = { id: newEventId(), body: { $case: "nudged" as const, value: { reason: "no predecessor" } } };
  await log.append(subjects.control("penguins", run ?? ""), Event.encode(strange).finish());
  await log.append(subjects.outcome("penguins", run ?? ""), new Uint8Array([1, 2, 3]));
  await log.append(subjects.journal("penguins", "stranger", "x", "y"), new Uint8Array([4]));
  entries = [];
  for await (const entry of log.read([])) entries.push(entry);
});

function indexOf(part: readonly LogEntry[]): RunIndex {
  const index = new RunIndex();
  for (const entry of part) index.fold(entry);
  return index;
}

const cuts = () => fc.integer({ min: 0, max: entries.length });

describe("the index of runs", () => {
  it("says of every run at every moment what its fold says", () => {
    const index = indexOf(entries);
    fc.assert(
      fc.property(cuts(), (to) => {
        const folds = new Map<string, ReturnType<typeof emptyRun>>();
        for (const entry of entries.slice(0, to))
          for (const { run } of index.rows)
            folds.set(run, evolveRun(folds.get(run) ?? emptyRun("penguins", run), entry));
        const expected = [...folds.values()]
          .filter(({ started }) => started !== undefined)
          .map((fold) => ({
            run: fold.run,
            state: stateOfRun(fold),
            startedAt: fold.started?.timeMs,
            trigger: fold.started?.body.trigger,
          }));
        const listed = index
          .list(to, nowMs)
          .map(({ run, state, startedAt, trigger }) => ({ run, state, startedAt, trigger }));
        expect(new Map(listed.map((line) => [line.run, line]))).toEqual(
          new Map(expected.map((line) => [line.run, line])),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("is the same whether folded at once or kept in between", () => {
    fc.assert(
      fc.property(cuts(), cuts(), (one, other) => {
        const [first, then] = [Math.min(one, other), Math.max(one, other)];
        const text = indexOf(entries.slice(0, first)).rows.map(rowText).join("");
        const index = new RunIndex(parseRows(text), first);
        for (const entry of entries.slice(first, then)) index.fold(entry);
        const whole = indexOf(entries.slice(0, then));
        expect(index.sequence).toBe(whole.sequence);
        expect(index.rows.map(rowText)).toEqual(whole.rows.map(rowText));
      }),
    );
  });

  it("answers for an earlier moment as the index of that moment did", () => {
    const index = indexOf(entries);
    fc.assert(
      fc.property(cuts(), (to) => {
        expect(index.list(to, nowMs)).toEqual(indexOf(entries.slice(0, to)).list(to, nowMs));
      }),
    );
  });

  it("has runs of every kind, newest first, and when they ended", () => {
    const list = indexOf(entries).list(entries.length, nowMs);
    expect(list.map(({ state }) => state).toSorted()).toEqual([
      "cancelled",
      "failed",
      "queued",
      "running",
      "succeeded",
      "succeeded",
      "succeeded",
      "succeeded",
    ]);
    expect(list.map(({ startedAt }) => startedAt)).toEqual(
      list.map(({ startedAt }) => startedAt).toSorted((a, b) => b - a),
    );
    for (const { state, durationMs } of list)
      expect(durationMs > 1_000_000).toBe(state === "running" || state === "queued");
  });
});
