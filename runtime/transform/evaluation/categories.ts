import { fingerprint64 } from "../fingerprint.ts";
import type { LookupNode } from "../graph.ts";
import type { NumberColumn, TextColumn } from "./column.ts";
import { emptyNumbers } from "./column.ts";

/** Indexes of texts in a vocabulary; a missing text counts as an empty one. */
export function lookUp(column: TextColumn, indexes: ReadonlyMap<string, number>, node: LookupNode): NumberColumn {
  const { defaultIndex, oovBuckets } = node;
  const unseen = (text: string) => (oovBuckets === 0 ? defaultIndex : indexes.size + hashBucket(text, oovBuckets));
  return mapTexts(column, (text) => indexes.get(text) ?? unseen(text));
}

/** Hash buckets of texts; a missing text counts as an empty one. */
export function hashTexts(column: TextColumn, buckets: number): NumberColumn {
  return mapTexts(column, (text) => hashBucket(text, buckets));
}

function hashBucket(text: string, buckets: number): number {
  return Number(fingerprint64(text) % BigInt(buckets));
}

function mapTexts(column: TextColumn, apply: (text: string) => number): NumberColumn {
  const result = emptyNumbers(column.values.length);
  for (const [row, text] of column.values.entries()) result.values[row] = apply(text ?? "");
  return result;
}
