import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveSeed, permutation, seededRandom } from "./seed.ts";

describe("deriveSeed()", () => {
  it("gives each purpose a seed of its own, the same every time", () => {
    expect(deriveSeed(7, "shuffle", 1)).toBe(deriveSeed(7, "shuffle", 1));
    const seeds = [deriveSeed(7, "shuffle", 1), deriveSeed(7, "shuffle", 2), deriveSeed(8, "shuffle", 1)];
    expect(new Set(seeds).size).toBe(3);
  });

  it("never gives 0, which tfjs takes as no seed", () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), (seed, purpose) => {
        const derived = deriveSeed(seed, purpose);
        expect(derived).toBeGreaterThan(0);
        expect(derived).toBeLessThan(2 ** 31);
      }),
    );
  });
});

describe("seededRandom()", () => {
  it("gives the published sequence of mulberry32", () => {
    const random = seededRandom(1);
    expect([random(), random(), random()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  });
});

describe("permutation()", () => {
  it("holds every number once", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), (count, seed) => {
        expect([...permutation(count, seed)].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
    );
  });

  it("differs by seed", () => {
    expect(permutation(50, 1)).not.toEqual(permutation(50, 2));
    expect(permutation(50, 1)).toEqual(permutation(50, 1));
  });
});
