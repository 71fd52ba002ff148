import type { Engine } from "./engine.ts";

/** Kind of a feature's values, as tf.Example has them: int64, float32, bytes. */
export type FeatureKind = "int" | "float" | "bytes";

/** A column of Examples. Nullable(Int64 | Float32 | String), or Array(…) if `repeated`. */
export interface FeatureColumn {
  readonly name: string;
  readonly kind: FeatureKind;
  readonly repeated: boolean;
}

/** Examples opened for reading, split by split. */
export interface Examples {
  /** In the order in which they were written. */
  readonly splits: readonly string[];
  readonly columns: readonly FeatureColumn[];
  /** SQL table expression of a split, its rows in stable order. @throws {Terminal} `no-such-split`. */
  table(split: string): string;
  rows(split: string): Promise<number>;
}

export type { Engine };
