import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equiWidthHistogram } from "./equi-width-histogram.ts";
import { coarsen, medianOf, quantilesOf, type RankedValue } from "./quantiles.ts";
import { quantilesHistogram } from "./quantiles-histogram.ts";

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0);
const sortedValues = (value: fc.Arbitrary<number>) =>
  fc.array(value, { minLength: 1, maxLength: 200 }).map((values) => values.toSorted((a, b) => a - b));

function rank(sorted: readonly number[]): RankedValue[] {
  return [...new Set(sorted)].map((value) => ({
    value,
    lower: sorted.indexOf(value),
    upper: sorted.lastIndexOf(value) + 1,
  }));
}

const totalOf = (buckets: readonly { readonly sampleCount: number }[]) =>
  buckets.reduce((sum, { sampleCount }) => sum + sampleCount, 0);

describe("quantilesOf()", () => {
  it("picks the values at evenly spread positions, and counts the values up to them", () => {
    fc.assert(
      fc.property(sortedValues(finite), fc.integer({ min: 1, max: 50 }), (sorted, buckets) => {
        const { boundaries, cumulativeCounts } = quantilesOf(rank(sorted), buckets);
        const positions = Array.from({ length: buckets + 1 }, (_, r) => Math.floor((r * sorted.length) / buckets));
        expect(boundaries).toEqual(positions.map((at) => sorted[Math.min(at, sorted.length - 1)]));
        expect(cumulativeCounts).toEqual(boundaries.map((value) => sorted.lastIndexOf(value) + 1));
      }),
    );
  });

  it("gives the median as its middle boundary", () => {
    expect(medianOf(quantilesOf(rank([1, 2, 3, 4, 100]), 10))).toBe(3);
  });
});

describe("quantilesHistogram()", () => {
  it("shares out every value, whatever repeats", () => {
    fc.assert(
      fc.property(sortedValues(fc.integer({ min: 0, max: 5 })), (sorted) => {
        const { buckets } = quantilesHistogram(coarsen(quantilesOf(rank(sorted), 1000), 100));
        expect(buckets).toHaveLength(10);
        expect(totalOf(buckets)).toBeCloseTo(sorted.length, 9);
      }),
    );
  });
});

describe("equiWidthHistogram()", () => {
  it("shares out every value over buckets that meet", () => {
    fc.assert(
      fc.property(sortedValues(finite), (sorted) => {
        const [finiteMin, finiteMax] = [sorted[0]!, sorted.at(-1)!];
        const { buckets } = equiWidthHistogram(quantilesOf(rank(sorted), 1000), {
          finiteMin,
          finiteMax,
          positiveInfinities: 0,
          numNan: 0,
          buckets: 10,
          round: (value) => value,
        });
        expect(buckets).toHaveLength(finiteMin === finiteMax ? 1 : 10);
        expect(buckets[0]?.lowValue).toBe(finiteMin);
        expect(buckets.at(-1)?.highValue).toBe(finiteMax);
        expect(totalOf(buckets)).toBeCloseTo(sorted.length, 6);
      }),
    );
  });

  it("is one bucket where no value is finite", () => {
    const infinite = Number.POSITIVE_INFINITY;
    const { buckets } = equiWidthHistogram(quantilesOf([{ value: infinite, lower: 0, upper: 3 }], 1000), {
      finiteMin: infinite,
      finiteMax: -infinite,
      positiveInfinities: 3,
      numNan: 0,
      buckets: 10,
      round: Math.fround,
    });
    expect(buckets).toEqual([{ lowValue: infinite, highValue: -infinite, sampleCount: 3 }]);
  });
});
