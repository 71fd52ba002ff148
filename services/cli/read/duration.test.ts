import { describe, expect, it } from "vitest";
import { parseDuration } from "./duration.ts";

describe("parseDuration()", () => {
  it.each([
    ["500ms", 500],
    ["0s", 0],
    ["1.5s", 1_500],
    ["10m", 600_000],
    ["12h", 43_200_000],
    ["7d", 604_800_000],
  ])("reads %s as %i ms", (text, ms) => {
    expect(parseDuration("--grace", text)).toBe(ms);
  });

  it.each(["10", "ten minutes", "-5s", "5 s", ""])("refuses %j, and says what it takes", (text) => {
    expect(() => parseDuration("--grace", text)).toThrow(/--grace.*with a unit, such as/);
  });
});
