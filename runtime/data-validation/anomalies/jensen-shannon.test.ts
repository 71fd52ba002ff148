import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FeatureNameStatistics,
  Histogram_HistogramType,
  NumericStatistics,
  StringStatistics,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { jensenShannonDivergence } from "./jensen-shannon.ts";
import { lInfinityDistance } from "./l-infinity.ts";

type Bucket = readonly [low: number, high: number, count: number];

function numbers(buckets: readonly Bucket[], numNan = 0n): FeatureNameStatistics {
  const histogram = {
    type: Histogram_HistogramType.STANDARD,
    numNan,
    buckets: buckets.map(([lowValue, highValue, sampleCount]) => ({ lowValue, highValue, sampleCount })),
  };
  const value = NumericStatistics.fromPartial({ histograms: [histogram] });
  return FeatureNameStatistics.fromPartial({ stats: { $case: "numStats", value } });
}

function strings(counts: Readonly<Record<string, number>>): FeatureNameStatistics {
  const buckets = Object.entries(counts).map(([label, sampleCount]) => ({ label, sampleCount }));
  const value = StringStatistics.fromPartial({ rankHistogram: { buckets } });
  return FeatureNameStatistics.fromPartial({ stats: { $case: "stringStats", value } });
}

const edges = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 8 });
const histogram = edges.chain((unsorted) => {
  const sorted = unsorted.toSorted((a, b) => a - b);
  const counts = fc.array(fc.integer({ min: 1, max: 100 }), {
    minLength: sorted.length - 1,
    maxLength: sorted.length - 1,
  });
  return counts.map((each) =>
    numbers(each.map((count, index) => [sorted[index]!, sorted[index + 1]!, count] as const)),
  );
});

describe("jensenShannonDivergence()", () => {
  it("is 0 for equals, symmetric, and between 0 and 1", () => {
    fc.assert(
      fc.property(histogram, histogram, (a, b) => {
        const divergence = jensenShannonDivergence(a, b)!;
        expect(jensenShannonDivergence(a, a)).toBeCloseTo(0, 12);
        expect(jensenShannonDivergence(b, a)).toBeCloseTo(divergence, 12);
        expect(divergence).toBeGreaterThanOrEqual(-1e-12);
        expect(divergence).toBeLessThanOrEqual(1);
      }),
    );
  });

  it.each([
    ["intervals apart", numbers([[0, 1, 5]]), numbers([[2, 3, 5]])],
    ["a single value and an interval around it", numbers([[1, 1, 5]]), numbers([[0, 2, 5]])],
    ["NaN and numbers", numbers([], 5n), numbers([[0, 1, 5]])],
    ["infinities of both signs", numbers([[-Infinity, -Infinity, 5]]), numbers([[Infinity, Infinity, 5]])],
    ["other strings", strings({ a: 1 }), strings({ b: 1 })],
  ])("is 1 for %s", (_, a, b) => {
    expect(jensenShannonDivergence(a, b)).toBe(1);
  });

  it("compares a bucket with its halves as equals", () => {
    const halves: Bucket[] = [
      [0, 1, 5],
      [1, 2, 5],
    ];
    expect(jensenShannonDivergence(numbers([[0, 2, 10]]), numbers(halves))).toBe(0);
  });

  it("is undefined where there is nothing to compare", () => {
    expect(jensenShannonDivergence(numbers([]), numbers([[0, 1, 1]]))).toBeUndefined();
    expect(jensenShannonDivergence(strings({ a: 1 }), numbers([[0, 1, 1]]))).toBeUndefined();
  });
});

describe("lInfinityDistance()", () => {
  it("names the last value in byte order that has the greatest difference of shares", () => {
    expect(lInfinityDistance(strings({ a: 3, b: 1 }), strings({ a: 1, b: 3 }))).toEqual({ value: "b", distance: 0.5 });
  });

  it("is 0 for numbers", () => {
    expect(lInfinityDistance(numbers([[0, 1, 1]]), numbers([[5, 6, 1]]))).toEqual({ value: "", distance: 0 });
  });
});
