import * as fc from "fast-check";
import type { AnyFeature, Feature, Preprocessing, Vector } from "../feature.ts";
import * as ops from "../ops/mod.ts";
import type { RawRow } from "./raw-row.ts";

/** Features made so far, by what may be done with them. */
interface Made {
  readonly numbers: Feature<number>[];
  readonly texts: Feature<string>[];
  readonly indexes: ReturnType<typeof ops.buckets>[];
  readonly vectors: Vector[];
}

type Step = (made: Made) => void;

const pick = fc.nat({ max: 1000 });
const operand = fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 });
const count = fc.integer({ min: 1, max: 6 });

function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}

const arithmetic = fc
  .tuple(fc.constantFrom(ops.add, ops.sub, ops.mul, ops.div), pick, fc.oneof(pick, fc.record({ operand })))
  .map(([op, x, y]): Step => (made) => {
    const right = typeof y === "number" ? at(made.numbers, y) : y.operand;
    made.numbers.push(op(at(made.numbers, x), right));
  });

const unary = fc.tuple(fc.constantFrom(ops.zScore, ops.log1p, ops.minMax, toInt, toFloat), pick).map(
  ([op, x]): Step =>
    (made) =>
      void made.numbers.push(op(at(made.numbers, x))),
);

const bounded = fc
  .tuple(fc.constantFrom(ops.clip, ops.minMax), pick, operand, operand)
  .filter(([, , a, b]) => Math.fround(a) !== Math.fround(b))
  .map(([op, x, a, b]): Step => (made) => {
    made.numbers.push(op(at(made.numbers, x), { min: Math.min(a, b), max: Math.max(a, b) }));
  });

const filled = fc
  .tuple(pick, fc.integer({ min: -9, max: 9 }), pick, fc.string({ maxLength: 3 }))
  .map(([x, value, s, text]): Step => (made) => {
    made.numbers.push(ops.fillMissing(at(made.numbers, x), value));
    made.texts.push(ops.fillMissing(at(made.texts, s), text));
  });

const bucketed = fc.tuple(pick, count).map(([x, buckets]): Step => (made) => {
  made.indexes.push(ops.buckets(at(made.numbers, x), buckets));
});

const categorized = fc
  .tuple(pick, fc.option(count), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }), count)
  .map(([s, topK, frequencyThreshold, oovBuckets, buckets]): Step => (made) => {
    const limit = topK === null ? {} : { topK };
    made.indexes.push(ops.vocabulary(at(made.texts, s), { ...limit, frequencyThreshold, oovBuckets }));
    made.indexes.push(ops.hashBuckets(at(made.texts, s), buckets));
  });

const reused = pick.map((x): Step => (made) => {
  if (made.indexes.length === 0) return;
  made.numbers.push(at(made.indexes, x));
  made.texts.push(ops.cast(at(made.indexes, x), "string"));
});

const joined = fc.tuple(pick, pick).map(([x, y]): Step => (made) => {
  if (made.indexes.length > 0) made.vectors.push(ops.oneHot(at(made.indexes, x)));
  made.vectors.push(ops.oneHot(toInt(at(made.numbers, x)), { depth: 4 }));
  made.vectors.push(ops.concatenate(at(made.numbers, y), at(made.vectors, x), at(made.vectors, y)));
});

/** Any function over the columns of a `RawRow`: all operations, in any order, on each other's results. */
export const arbitraryPreprocessing: fc.Arbitrary<Preprocessing<RawRow>> = fc
  .array(fc.oneof(arithmetic, unary, bounded, filled, bucketed, categorized, reused, joined), {
    minLength: 1,
    maxLength: 12,
  })
  .map((steps) => (t) => {
    const made: Made = { numbers: [t.real, t.other, t.whole], texts: [t.text, t.label], indexes: [], vectors: [] };
    for (const step of steps) step(made);
    const all: readonly AnyFeature[] = [...made.numbers, ...made.texts, ...made.indexes, ...made.vectors];
    return Object.fromEntries(all.map((feature, index) => [`out \`${index}`.replace("`", "_"), feature]));
  });

function toInt(x: Feature<number>): Feature<number> {
  return ops.cast(x, "int");
}

function toFloat(x: Feature<number>): Feature<number> {
  return ops.cast(x, "float");
}
