import { describe, scalar, vector } from "../feature.ts";
import type { Categorical, Feature, Vector } from "../feature.ts";
import { integer, numeric, text, wrongUse } from "./argument.ts";

/** How a vocabulary is made and applied. */
export interface VocabularyOptions {
  /** Keeps only the most frequent ones. */
  readonly topK?: number;
  /** Keeps only values that occur at least this often. */
  readonly frequencyThreshold?: number;
  /** Buckets behind the vocabulary for values not in it, by FarmHash. Default 0. */
  readonly oovBuckets?: number;
  /** Index of values not in it where there are no such buckets. Default -1. */
  readonly default?: number;
  /** File name among the graph's assets. Default: the column's name. */
  readonly name?: string;
}

/**
 * Index of a text or integer in the vocabulary of the analyzed rows.
 *
 * The vocabulary is in order of falling frequency, equals in falling byte order. Empty texts and those with a line
 * break are not in it, integers are their decimal text. A missing value counts as an empty text, so it is unseen:
 * `default`, or an out-of-vocabulary bucket. Source: tft.compute_and_apply_vocabulary.
 */
export function vocabulary(x: Feature<string> | Feature<number>, options: VocabularyOptions = {}): Categorical {
  const { topK, frequencyThreshold = 0, oovBuckets = 0, name = null } = options;
  const analyzer = {
    type: "vocabulary",
    asset: name === null ? null : assetName(name),
    topK: topK === undefined ? null : integer(vocabulary, "topK", topK, 1),
    frequencyThreshold: integer(vocabulary, "frequencyThreshold", frequencyThreshold, 0),
  } as const;
  const defaultIndex = integer(vocabulary, "default", options.default ?? -1, Number.MIN_SAFE_INTEGER);
  const operation = {
    op: "lookup",
    defaultIndex,
    oovBuckets: integer(vocabulary, "oovBuckets", oovBuckets, 0),
  } as const;
  return scalar<Categorical>("int", operation, [text(vocabulary, x)], { analyzer, categorical: true });
}

/**
 * Bucket of a text or integer by its FarmHash, 0 to count - 1, with no pass over the data. Missing counts as empty text.
 * Source: tft.hash_strings without a key.
 */
export function hashBuckets(x: Feature<string> | Feature<number>, count: number): Categorical {
  const operation = { op: "hash", buckets: integer(hashBuckets, "count", count, 1) } as const;
  return scalar<Categorical>("int", operation, [text(hashBuckets, x)], { categorical: true });
}

/** How long a one-hot of plain integers is. */
export interface OneHotOptions {
  readonly depth: number;
}

/** 1 at the index of a vocabulary, bucket or hash bucket and 0 elsewhere; all 0 if it is unseen, missing or outside. */
export function oneHot(x: Categorical, options?: OneHotOptions): Vector;
/** 1 at a plain integer and 0 elsewhere; its depth must be given. Source: tf.one_hot. */
export function oneHot(x: Feature<number>, options: OneHotOptions): Vector;
export function oneHot(x: Feature<number>, options?: OneHotOptions): Vector {
  const feature = numeric(oneHot, x);
  if (feature.kind === "float") throw wrongUse(oneHot, `it takes an index, not ${describe(feature)}; use buckets`);
  if (options === undefined && !feature.categorical) {
    throw wrongUse(oneHot, `depth must be given, as ${describe(feature)} is no vocabulary or bucket`);
  }
  const depth = options === undefined ? null : integer(oneHot, "depth", options.depth, 1);
  return vector({ op: "oneHot", depth }, [feature]);
}

function assetName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(name)) return name;
  throw wrongUse(vocabulary, `name must be letters, digits, "_", "-" and "." (100 at most): it is "${name}"`);
}
