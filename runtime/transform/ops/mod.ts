export { add, clip, div, log1p, mul, sub } from "./arithmetic.ts";
export type { ClipOptions, Operand } from "./arithmetic.ts";
export { hashBuckets, oneHot, vocabulary } from "./categories.ts";
export type { OneHotOptions, VocabularyOptions } from "./categories.ts";
export { buckets, minMax, zScore } from "./scaling.ts";
export type { MinMaxOptions } from "./scaling.ts";
export { cast, concatenate, fillMissing } from "./shaping.ts";
