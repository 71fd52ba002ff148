import { describe, expect, it } from "vitest";
import { metricNames, metricValue } from "./metric-name.ts";

const slice = { metrics: { accuracy: 0.9 }, classes: { Gentoo: { recall: 0.8 }, "a/b": { recall: 0.7 } } };

describe("metricValue()", () => {
  it.each([
    ["accuracy", 0.9],
    ["recall/Gentoo", 0.8],
    ["recall/a/b", 0.7],
    ["recall/Adelie", undefined],
    ["precision/Gentoo", undefined],
    ["constructor", undefined],
    ["recall/constructor", undefined],
  ])("finds %s: %s", (name, value) => {
    expect(metricValue(slice, name)).toBe(value);
  });

  it("finds every name that metricNames() lists", () => {
    expect(metricNames(slice).map((name) => metricValue(slice, name))).toEqual([0.9, 0.8, 0.7]);
  });
});
