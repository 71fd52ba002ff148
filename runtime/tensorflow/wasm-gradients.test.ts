import * as fc from "fast-check";
import type { Tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { type Backend, openBackend } from "./backend.ts";

let backend: Backend;

beforeAll(async () => {
  backend = await openBackend();
});

/** Rows summed by segment, in plain loops. */
function plainSegmentSum(values: readonly number[][], segments: readonly number[], count: number): number[][] {
  const sums = Array.from({ length: count }, () => values[0]!.map(() => 0));
  for (const [row, segment] of segments.entries()) {
    values[row]!.forEach((value, column) => (sums[segment]![column]! += value));
  }
  return sums;
}

describe("UnsortedSegmentSum on WebAssembly", () => {
  it("adds up the rows of each segment, repeated and absent ones too", () => {
    const segmentCount = 5;
    const row = fc.tuple(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }), fc.nat(4));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
        const values = rows.map(([value]) => value);
        const segments = rows.map(([, segment]) => segment);
        const { tf } = backend;
        const sums = tf.tidy(() =>
          tf.unsortedSegmentSum(tf.tensor2d(values), tf.tensor1d(segments, "int32"), segmentCount).arraySync(),
        );
        expect(sums).toEqual(plainSegmentSum(values, segments, segmentCount));
      }),
    );
  });

  it("gives a gather the gradient that numeric differentiation gives", () => {
    const { tf } = backend;
    const ids = tf.tensor1d([2, 0, 2, 3], "int32");
    const weights = tf.tensor2d([1, -2, 3, 0.5, 2, 1, -1, 4], [4, 2]);
    const table = tf.tensor2d([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], [4, 2]);
    const loss = (params: Tensor): Tensor => tf.sum(tf.mul(tf.square(tf.gather(params, ids)), weights));
    const gradient = tf.grad(loss)(table).dataSync();
    const step = 1e-2;
    for (const [index, slope] of gradient.entries()) {
      const shifted = (by: number) => {
        const moved = table.dataSync().slice();
        moved[index]! += by;
        return loss(tf.tensor2d(moved, [4, 2])).dataSync()[0]!;
      };
      expect(slope).toBeCloseTo((shifted(step) - shifted(-step)) / (2 * step), 3);
    }
  });

  it("leaks no tensor", () => {
    const { tf } = backend;
    const before = tf.memory().numTensors;
    tf.tidy(() => void tf.unsortedSegmentSum(tf.ones([4, 2]), tf.tensor1d([0, 1, 1, 0], "int32"), 2));
    expect(tf.memory().numTensors).toBe(before);
  });
});
