import { describe, expect, it } from "vitest";
import { boundedReporter, type ExecutionReport } from "./reporter.ts";

function reporterAt(clock: { nowMs: number }) {
  const sent: ExecutionReport[] = [];
  return {
    sent,
    reporter: boundedReporter(
      (report) => sent.push(report),
      () => clock.nowMs,
    ),
  };
}

describe("boundedReporter()", () => {
  it("sends progress at most every 100 ms, and the end always", () => {
    const clock = { nowMs: 0 };
    const { sent, reporter } = reporterAt(clock);
    reporter.progress(0.1);
    clock.nowMs = 99;
    reporter.progress(0.2);
    clock.nowMs = 100;
    reporter.progress(0.3);
    reporter.progress(1, "done");
    expect(sent.map(({ value }) => ("fraction" in value ? value.fraction : undefined))).toEqual([0.1, 0.3, 1]);
  });

  it("says once that log lines are left out", () => {
    const { sent, reporter } = reporterAt({ nowMs: 0 });
    for (let line = 0; line < 2_000; line += 1) reporter.log("info", `${line}`);
    expect(sent).toHaveLength(1_001);
    expect(sent.at(-1)).toMatchObject({ $case: "log", value: { level: 40 } });
  });

  it("bounds the number of metrics", () => {
    const { sent, reporter } = reporterAt({ nowMs: 0 });
    for (let step = 0; step < 20_000; step += 1) reporter.metric("loss", 1 / (step + 1), step);
    expect(sent).toHaveLength(10_000);
  });
});
