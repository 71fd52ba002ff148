import { describe, expect, it } from "vitest";
import { analyzerPhases, ancestors, depthOf } from "./graph-order.ts";
import { add, buckets, minMax, oneHot, vocabulary, zScore } from "./ops/mod.ts";
import { graphOf } from "./testing/penguin-columns.ts";

describe("analyzerPhases()", () => {
  it("answers independent analyzers in one phase", () => {
    const graph = graphOf((t) => ({ a: zScore(t.mass), b: oneHot(vocabulary(t.island)), c: minMax(t.age) }));
    expect(analyzerPhases(graph)).toEqual([[0, 1, 2]]);
  });

  it("lets an analyzer of another one's result wait, and nothing else", () => {
    const graph = graphOf((t) => ({ a: buckets(add(zScore(t.mass), minMax(t.age)), 3), b: zScore(t.age) }));
    const types = analyzerPhases(graph).map((phase) => phase.map((index) => graph.analyzers[index]?.type));
    expect(types).toEqual([["moments", "range", "moments"], ["quantiles"]]);
  });

  it("has no phase without analyzers", () => {
    expect(analyzerPhases(graphOf((t) => ({ a: t.mass })))).toEqual([]);
  });
});

describe("ancestors()", () => {
  it("names what a node is computed from, itself included", () => {
    const graph = graphOf((t) => ({ a: add(t.mass, 1), b: vocabulary(t.island) }));
    const [first] = graph.outputs;
    const found = ancestors(graph, [first?.node ?? -1]).map((index) => graph.nodes[index]?.op);
    expect(found).toEqual(["input", "constant", "add"]);
  });
});

describe("depthOf()", () => {
  it("counts the longest way from a column", () => {
    const graph = graphOf((t) => ({ a: add(add(t.mass, t.mass), 1) }));
    expect(depthOf(graph, graph.outputs[0]?.node ?? -1)).toBe(2);
  });
});
