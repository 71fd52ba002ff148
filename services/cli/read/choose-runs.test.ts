import type { RunSummary } from "millrace/projections";
import { describe, expect, it } from "vitest";
import { WrongUse } from "../wrong-use.ts";
import { chooser, type RunChoice } from "./choose-runs.ts";

const run = (id: string, pipeline: string, state: RunSummary["state"]): RunSummary => ({
  run: id,
  pipeline,
  state,
  startedAt: 0,
  durationMs: 0,
  trigger: "",
});
const runs = [run("4", "p", "failed"), run("3", "q", "failed"), run("2", "p", "succeeded"), run("1", "p", "failed")];

describe("chooser()", () => {
  it.each<[RunChoice, readonly string[]]>([
    [{}, ["4", "3", "2", "1"]],
    [{ limit: "2" }, ["4", "3"]],
    [{ pipeline: "p" }, ["4", "2", "1"]],
    [{ state: "failed", limit: "2" }, ["4", "3"]],
    [{ pipeline: "p", state: "failed", limit: "9" }, ["4", "1"]],
    [{ pipeline: "none" }, []],
  ])("of %j takes the newest that are so", (choice, expected) => {
    expect(chooser(choice)(runs).map((one) => one.run)).toEqual(expected);
  });

  it.each<RunChoice>([{ state: "done" }, { limit: "0" }, { limit: "-1" }, { limit: "some" }, { limit: "1.5" }])(
    "refuses %j as wrong use",
    (choice) => {
      expect(() => chooser(choice)).toThrow(WrongUse);
    },
  );
});
