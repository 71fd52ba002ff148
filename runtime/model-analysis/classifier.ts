import type { RawBatch } from "../training/mod.ts";

/** A model that gives each class a score, as evaluation needs it. */
export interface Classifier {
  /** Class names; a class's index is its place among a row's scores. */
  readonly classes: readonly string[];
  /** Raw features that predictions and labels are made from. */
  readonly features: readonly string[];
  /**
   * Scores row by row, rows × classes, each between 0 and 1. Features that the batch lacks count as missing.
   */
  scores(batch: RawBatch, signal: AbortSignal): Promise<Float32Array>;
  /**
   * Index of each row's class by the model's own label mapping; below 0 if the label is missing or not known to it.
   * @throws {Terminal} `column-absent`: the batch lacks the label.
   */
  labels(batch: RawBatch): Int32Array;
}
