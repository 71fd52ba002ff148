import { describe, expect, it } from "vitest";
import { add, buckets, cast, clip, concatenate, hashBuckets, log1p } from "../ops/mod.ts";
import { fillMissing, minMax, oneHot, vocabulary, zScore } from "../ops/mod.ts";
import { answered } from "../testing/penguin-columns.ts";
import { inputsOf, transformGraph } from "../transform-graph.ts";
import { applyTransform } from "./apply.ts";

const islands = { type: "vocabulary", values: ["Biscoe", "Dream"] } as const;
const moments = { type: "moments", mean: 10, variance: 4 } as const;
const quantiles = { type: "quantiles", boundaries: [1, 2, 3] } as const;

describe("applyTransform()", () => {
  it("standardises in float32, a missing value to the mean", () => {
    const graph = transformGraph(answered((t) => ({ mass: zScore(t.mass) }), [moments]));
    const { mass } = applyTransform(graph, { mass: [12, null, 10.1, Number.NaN] });
    expect(mass).toEqual({ data: Float32Array.of(1, 0, (Math.fround(10.1) - 10) / 2, Number.NaN), shape: [4] });
  });

  it("centres only, where the variance is 0", () => {
    const constant = { type: "moments", mean: 10, variance: 0 } as const;
    const graph = transformGraph(answered((t) => ({ mass: zScore(t.mass) }), [constant]));
    expect(applyTransform(graph, { mass: [12] })["mass"]?.data).toEqual(Float32Array.of(2));
  });

  it.each([
    ["within and without the range", { min: 0, max: 10 }, [5, 20], [1.5, 3]],
    ["a range of one value, by a sigmoid", { min: 5, max: 5 }, [0], [1.5]],
  ])("scales %s", (_, range, values, expected) => {
    const scaled = answered((t) => ({ mass: minMax(t.mass, { min: 1, max: 2 }) }), [{ type: "range", ...range }]);
    expect(applyTransform(transformGraph(scaled), { mass: values })["mass"]?.data).toEqual(Float32Array.from(expected));
  });

  it("puts boundaries in the bucket above, and NaN in the last", () => {
    const graph = transformGraph(answered((t) => ({ mass: buckets(t.mass, 4) }), [quantiles]));
    const { mass } = applyTransform(graph, { mass: [0.9, 1, 2.5, 3, Infinity, Number.NaN, null] });
    expect(mass?.data).toEqual(Int32Array.of(0, 1, 2, 3, 3, 3, 0));
  });

  it("looks texts up; unseen, missing and empty ones alike", () => {
    const graph = transformGraph(answered((t) => ({ island: vocabulary(t.island) }), [islands]));
    const { island } = applyTransform(graph, { island: ["Dream", "Biscoe", "Skye", null, "", "toString"] });
    expect(island?.data).toEqual(Int32Array.of(1, 0, -1, -1, -1, -1));
  });

  it("puts unseen texts into buckets behind the vocabulary", () => {
    const graph = transformGraph(answered((t) => ({ island: vocabulary(t.island, { oovBuckets: 2 }) }), [islands]));
    // As TFT hashes them on penguins.
    expect(applyTransform(graph, { island: ["Torgersen", ""] })["island"]?.data).toEqual(Int32Array.of(2, 3));
  });

  it("gives a one-hot of unseen values no 1", () => {
    const graph = transformGraph(answered((t) => ({ island: oneHot(vocabulary(t.island)) }), [islands]));
    const { island } = applyTransform(graph, { island: ["Dream", "Skye"] });
    expect(island).toEqual({ data: Float32Array.of(0, 1, 0, 0), shape: [2, 2] });
  });

  it("concatenates numbers and vectors row by row, a missing number as 0", () => {
    const both = answered((t) => ({ all: concatenate(t.mass, oneHot(vocabulary(t.island)), t.age) }), [islands]);
    const { all } = applyTransform(transformGraph(both), { mass: [1, null], island: ["Dream", "Biscoe"], age: [7, 8] });
    expect(all).toEqual({ data: Float32Array.of(1, 0, 1, 7, 0, 1, 0, 8), shape: [2, 4] });
  });

  it("casts toward zero, to missing where no integer is near", () => {
    const graph = transformGraph(answered((t) => ({ mass: fillMissing(cast(t.mass, "int"), -9) }), []));
    const { mass } = applyTransform(graph, { mass: [1.9, -1.9, Number.NaN, 1e30, null] });
    expect(mass?.data).toEqual(Int32Array.of(1, -1, -9, -9, -9));
  });

  it("computes, clips and passes missing values on", () => {
    const graph = transformGraph(
      answered((t) => ({ a: add(t.mass, t.age), b: log1p(t.mass), c: clip(t.mass, { min: 0, max: 2 }) }), []),
    );
    const { a, b, c } = applyTransform(graph, { mass: [-1, 3, null], age: [1, null, 1] });
    expect(a?.data).toEqual(Float32Array.of(0, 0, 0));
    expect(b?.data).toEqual(Float32Array.of(-Infinity, Math.log(4), 0));
    expect(c?.data).toEqual(Float32Array.of(0, 2, 0));
  });

  it("passes texts and integers through, integers within 32 bits", () => {
    const graph = transformGraph(answered((t) => ({ age: t.age, island: t.island }), []));
    const { age, island } = applyTransform(graph, { age: [2 ** 40, -(2 ** 40), 3], island: ["a", null, ""] });
    expect(age?.data).toEqual(Int32Array.of(2 ** 31 - 1, -(2 ** 31), 3));
    expect(island?.data).toEqual(["a", "", ""]);
  });

  it("takes lists of at most one value, as tf.Example has them", () => {
    const graph = transformGraph(answered((t) => ({ mass: fillMissing(t.mass, -1), island: t.island }), []));
    const { mass, island } = applyTransform(graph, { mass: [[2], []], island: [["a"], []] });
    expect([mass?.data, island?.data]).toEqual([Float32Array.of(2, -1), ["a", ""]]);
  });

  it("needs only the columns of the outputs that are asked for", () => {
    const graph = transformGraph(answered((t) => ({ mass: t.mass, species: hashBuckets(t.species, 3) }), []));
    expect(applyTransform(graph, { mass: [1] }, { only: ["mass"] })).toEqual({
      mass: { data: Float32Array.of(1), shape: [1] },
    });
    expect(inputsOf(graph, ["mass"])).toEqual([{ name: "mass", kind: "float" }]);
  });

  it("gives no rows for no rows", () => {
    const graph = transformGraph(answered((t) => ({ island: oneHot(vocabulary(t.island)) }), [islands]));
    expect(applyTransform(graph, { island: [] })).toEqual({ island: { data: new Float32Array(), shape: [0, 2] } });
  });

  it.each([
    ["an absent column", { age: [1] }, undefined, "column-absent", "mass"],
    ["an unknown output", { mass: [1], age: [1] }, ["weight"], "no-such-output", "weight"],
    ["columns of unequal length", { mass: [1, 2], age: [1] }, undefined, "ragged-batch", "age"],
    ["text for a number", { mass: ["1"], age: [1] }, undefined, "invalid-value", "mass"],
    ["a fraction for an integer", { mass: [1], age: [1.5] }, undefined, "invalid-value", "age"],
    ["several values", { mass: [[1, 2]], age: [1] }, undefined, "invalid-value", "mass"],
  ])("refuses %s, naming it", (_, batch, only, code, field) => {
    const graph = transformGraph(answered((t) => ({ mass: t.mass, age: t.age }), []));
    const apply = () => applyTransform(graph, batch, only === undefined ? {} : { only });
    expect(apply).toThrow(expect.objectContaining({ class: "terminal", code, place: { field } }));
  });

  it("says what a value is, and in which row", () => {
    const graph = transformGraph(answered((t) => ({ island: t.island }), []));
    const message = 'Cannot read "island" in row 1 as it must be text: it is 3';
    expect(() => applyTransform(graph, { island: ["a", 3] })).toThrow(message);
  });
});
