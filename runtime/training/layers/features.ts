/** A transformed feature as a model sees it: one of Transform's numeric outputs. */
export interface ModelFeature {
  readonly name: string;
  /** Values are 32-bit floats, or whole numbers below `cardinality`. */
  readonly kind: "float" | "int";
  /** Dimensions of one example; none for a single number. */
  readonly shape: readonly number[];
  /**
   * How many ids an int feature can have, for embeddings. With a vocabulary it counts one more than Transform's ids:
   * the last stands for a value that the vocabulary lacks. Absent where Transform can't tell.
   */
  readonly cardinality?: number;
}

/** What the model predicts. */
export interface ModelLabel {
  readonly name: string;
  /** Class names by index; absent for a number (regression). */
  readonly classes?: readonly string[];
}

/** The argument of a user's `model` function. */
export interface ModelFeatures {
  /** Every transformed feature but the label, in the order of their names. */
  readonly features: readonly ModelFeature[];
  readonly label: ModelLabel;
}
