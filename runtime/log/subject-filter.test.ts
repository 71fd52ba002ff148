import { describe, expect, it } from "vitest";
import { subjectMatcher } from "./subject-filter.ts";

describe("subjectMatcher()", () => {
  it.each([
    ["mr.run.p.r", "mr.run.p.r", true],
    ["mr.run.p.r", "mr.run.p.s", false],
    ["mr.run.*.r", "mr.run.p.r", true],
    ["mr.run.*", "mr.run.p.r", false],
    ["mr.run.>", "mr.run.p.r", true],
    ["mr.run.>", "mr.run", false],
    ["mr.*.p.>", "mr.run.p.r.x", true],
    ["mr.run.p.r.x", "mr.run.p.r", false],
  ])("filter %s, subject %s: %j", (filter, subject, expected) => {
    expect(subjectMatcher([filter])(subject)).toBe(expected);
  });

  it("matches when any filter does, and everything when there is none", () => {
    expect(subjectMatcher(["mr.a", "mr.b"])("mr.b")).toBe(true);
    expect(subjectMatcher([])("mr.anything")).toBe(true);
  });
});
