import { adam, batchNormalization, dense, dropout, input, model } from "../layers/mod.ts";
import { seededRandom } from "../seed.ts";
import type { TrainingSet } from "../training-set.ts";

/** Points in a square, of class 1 inside a circle: a small task that no linear model can do. */
export function twoCircles(rows: number, seed: number): TrainingSet {
  const random = seededRandom(seed);
  const x = Float32Array.from({ length: rows * 2 }, () => random() * 2 - 1);
  const labels = Float32Array.from({ length: rows }, (_, row) =>
    Math.hypot(x[row * 2]!, x[row * 2 + 1]!) < 0.75 ? 1 : 0,
  );
  return { rows, features: { x }, labels };
}

const point = input({ name: "x", kind: "float", shape: [2] });
const hidden = dropout(batchNormalization(dense(point, { units: 32, activation: "relu" }), { momentum: 0.9 }), 0.05);

/** A network for it with every layer that draws random numbers. */
export const twoCirclesModel = model({
  inputs: [point],
  output: dense(hidden, { units: 2, activation: "softmax" }),
  optimizer: adam({ learningRate: 0.02 }),
});
