import { describe, expect, it } from "vitest";
import { compareSlices, planSlices, sliceFeatures, sliceName } from "./slice.ts";

describe("planSlices()", () => {
  it("puts the overall slice first and computes a repeated spec once", () => {
    expect(planSlices([["island"], [], ["island"], ["island", "sex"]], ["island", "sex"])).toEqual([
      [],
      ["island"],
      ["island", "sex"],
    ]);
  });

  it("refuses a feature that the examples don't have, and names those they have", () => {
    expect(() => planSlices([["iland"]], ["island", "sex"])).toThrowError(
      expect.objectContaining({ code: "no-such-feature", message: expect.stringContaining("island, sex") }),
    );
  });

  it("refuses a feature named twice in one slice", () => {
    expect(() => planSlices([["sex", "sex"]], ["sex"])).toThrowError(
      expect.objectContaining({ code: "duplicate-slice-feature" }),
    );
  });
});

describe("sliceFeatures()", () => {
  it("lists each feature once", () => {
    expect(sliceFeatures([[], ["a"], ["b", "a"]])).toEqual(["a", "b"]);
  });
});

describe("slices", () => {
  it("sort by number of features, then by feature and value", () => {
    const overall = [] as const;
    const [b, a] = [[["island", "B"]], [["island", "A"]]] as const;
    const crossed = [
      ["island", "A"],
      ["sex", "F"],
    ] as const;
    expect([crossed, b, a, overall].toSorted(compareSlices)).toEqual([overall, a, b, crossed]);
  });

  it("have names for people", () => {
    expect(sliceName([])).toBe("overall");
    expect(
      sliceName([
        ["island", "A"],
        ["sex", "F"],
      ]),
    ).toBe("island=A, sex=F");
  });
});
