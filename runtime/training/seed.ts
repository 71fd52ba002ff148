import { hash } from "node:crypto";

/**
 * Derives an independent seed for one purpose, so that a layer's first weights don't change when another layer is
 * added before it.
 * @returns A whole number from 1 to 2^31 − 1; never 0, which tfjs takes as "none".
 */
export function deriveSeed(seed: number, ...purpose: readonly (string | number)[]): number {
  const digest = hash("sha256", JSON.stringify([seed, ...purpose]), "buffer");
  return (digest.readUInt32LE() % 0x7f_ff_ff_fe) + 1;
}

/**
 * A generator of numbers in [0, 1), equal for equal seeds everywhere.
 * Source: mulberry32, Tommy Ettinger (public domain).
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_00_00_00_00;
  };
}

/** The numbers 0 to count − 1 in an order that only the seed decides. Source: Fisher and Yates. */
export function permutation(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const random = seededRandom(seed);
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [order[last], order[chosen]] = [order[chosen]!, order[last]!];
  }
  return order;
}
