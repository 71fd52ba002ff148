import { describe, expect, it } from "vitest";
import { checkChanges, checkValues, type ChangeThreshold } from "./thresholds.ts";

const lookup = (values: Readonly<Record<string, number>>) => (name: string) => values[name];

const higher = (bounds: Omit<ChangeThreshold, "direction">): ChangeThreshold => ({
  direction: "higher-is-better",
  ...bounds,
});
const lower = (bounds: Omit<ChangeThreshold, "direction">): ChangeThreshold => ({
  direction: "lower-is-better",
  ...bounds,
});

describe("checkValues()", () => {
  it.each([
    ["at the minimum", { min: 0.9 }, 0.9, []],
    ["just below the minimum", { min: 0.9 }, 0.8999999, ["below-minimum"]],
    ["at the maximum", { max: 0.5 }, 0.5, []],
    ["just above the maximum", { max: 0.5 }, 0.5000001, ["above-maximum"]],
    ["between both", { min: 0.2, max: 0.5 }, 0.3, []],
    ["below both", { min: 0.2, max: 0.5 }, 0.1, ["below-minimum"]],
    ["not a number", { min: 0.2 }, Number.NaN, ["metric-missing"]],
    ["without bounds", {}, 0.1, []],
  ])("checks a value %s", (_case, threshold, value, codes) => {
    const failures = checkValues({ accuracy: threshold }, lookup({ accuracy: value }));
    expect(failures.map(({ code }) => code)).toEqual(codes);
  });

  it("fails a thresholded metric that does not exist, even without bounds", () => {
    expect(checkValues({ acuracy: {} }, lookup({ accuracy: 1 }))).toMatchObject([
      { code: "metric-missing", metric: "acuracy", value: null },
    ]);
  });

  it("names metric, value and bound", () => {
    const [failure] = checkValues({ "recall/Gentoo": { min: 0.95 } }, lookup({ "recall/Gentoo": 0.91666666 }));
    expect(failure?.message).toBe("recall/Gentoo 0.9167 is below the minimum 0.95");
  });
});

describe("checkChanges()", () => {
  it.each([
    ["higher, exactly the absolute gain", higher({ absolute: 0.25 }), 0.75, 0.5, true],
    ["higher, less than the absolute gain", higher({ absolute: 0.25 }), 0.7, 0.5, false],
    ["higher, an allowed loss", higher({ absolute: -0.25 }), 0.25, 0.5, true],
    ["higher, exactly the relative gain", higher({ relative: 0.5 }), 0.75, 0.5, true],
    ["higher, less than the relative gain", higher({ relative: 0.5 }), 0.7, 0.5, false],
    ["higher, absolute kept but relative not", higher({ absolute: 0, relative: 0.5 }), 0.6, 0.5, false],
    ["higher, relative kept but absolute not", higher({ absolute: 0.5, relative: 0 }), 0.6, 0.5, false],
    ["lower, exactly the absolute fall", lower({ absolute: -0.25 }), 0.25, 0.5, true],
    ["lower, less than the absolute fall", lower({ absolute: -0.25 }), 0.3, 0.5, false],
    ["lower, exactly the relative rise", lower({ relative: 0.5 }), 0.75, 0.5, true],
    ["lower, more than the relative rise", lower({ relative: 0.5 }), 0.8, 0.5, false],
    ["a baseline of zero has no ratio", higher({ absolute: 0 }), 0.9, 0, false],
    ["a baseline of zero has no ratio for lower either", lower({ absolute: 1 }), 0.1, 0, false],
    ["a baseline of NaN", higher({}), 0.9, Number.NaN, false],
    ["no bounds", higher({}), 0.1, 0.9, true],
  ])("%s", (_case, change, value, before, kept) => {
    const failures = checkChanges({ auc: { change } }, lookup({ auc: value }), lookup({ auc: before }));
    expect(failures.length === 0).toBe(kept);
  });

  it.each([
    ["the model", {}, { auc: 1 }],
    ["the baseline", { auc: 1 }, {}],
  ])("fails a metric that is missing for %s", (whose, candidate, baseline) => {
    const [failure] = checkChanges({ auc: { change: higher({}) } }, lookup(candidate), lookup(baseline));
    expect(failure).toMatchObject({ code: "metric-missing", message: expect.stringContaining(whose) });
  });

  it("leaves metrics without a change threshold alone", () => {
    expect(checkChanges({ auc: { min: 2 } }, lookup({}), lookup({}))).toEqual([]);
  });
});
