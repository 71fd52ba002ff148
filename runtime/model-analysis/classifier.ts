import type { Json } from "../model/mod.ts";

/** Raw columns of some rows, by name; null where a value is missing. */
export type RawColumns = Readonly<Record<string, readonly Json[]>>;

/** A model that gives each class a score, as evaluation needs it. */
export interface Classifier {
  /** Class names; a class's index is its place among a row's scores. */
  readonly classes: readonly string[];
  /** Raw features that predictions are made from. */
  readonly features: readonly string[];
  /** Raw features that the label is made from. */
  readonly labelFeatures: readonly string[];
  /** @returns Scores, row by row: rows × classes, each between 0 and 1. */
  scores(columns: RawColumns): Promise<Float32Array>;
  /** @returns Index of each row's class; below 0 if the model doesn't know it. */
  labels(columns: RawColumns): Promise<Int32Array>;
}
