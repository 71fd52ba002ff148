import { describe, expect, it } from "vitest";
import { canonicalJson } from "../model/mod.ts";
import type { Feature, Preprocessing, TransformInputs } from "./feature.ts";
import { add, buckets, cast, clip, concatenate, div, hashBuckets, log1p } from "./ops/mod.ts";
import { fillMissing, minMax, mul, oneHot, vocabulary, zScore } from "./ops/mod.ts";
import { graphOf, penguinColumns, type PenguinRow } from "./testing/penguin-columns.ts";
import { depthMax, trace } from "./trace.ts";

describe("trace()", () => {
  it("lays out what is computed, outputs by name", () => {
    const graph = graphOf((t) => ({ species: vocabulary(t.species, { topK: 5 }), mass: zScore(t.mass) }));
    expect(graph).toEqual({
      nodes: [
        { op: "input", inputs: [], column: "mass", kind: "float" },
        { op: "zScore", inputs: [0], analyzer: 0 },
        { op: "input", inputs: [], column: "species", kind: "string" },
        { op: "lookup", inputs: [2], analyzer: 1, defaultIndex: -1, oovBuckets: 0 },
      ],
      analyzers: [
        { type: "moments", input: 0 },
        { type: "vocabulary", input: 2, asset: "species", topK: 5, frequencyThreshold: 0 },
      ],
      outputs: [
        { name: "mass", node: 1 },
        { name: "species", node: 3 },
      ],
    });
  });

  it("gives equal bytes for equal work, however it is written", () => {
    const one = graphOf((t) => ({ a: zScore(t.mass), b: oneHot(vocabulary(t.island)) }));
    const other = graphOf((t) => {
      const islands = vocabulary(t.island, { default: -1, oovBuckets: 0 });
      hashBuckets(t.species, 7);
      return { b: oneHot(islands), a: zScore(cast(t.mass, "float")) };
    });
    expect(canonicalJson(other)).toBe(canonicalJson(one));
  });

  it("computes equal operations and equal analyzers once", () => {
    const graph = graphOf((t) => ({
      a: zScore(t.mass),
      b: zScore(t.mass),
      c: minMax(t.mass),
      d: minMax(t.mass, { max: 2 }),
    }));
    expect(graph.analyzers).toEqual([
      { type: "moments", input: 0 },
      { type: "range", input: 0 },
    ]);
    expect(graph.outputs.map(({ node }) => node)).toEqual([1, 1, 2, 3]);
  });

  it("names vocabulary files after columns, and never two alike", () => {
    const graph = graphOf((t) => ({
      a: vocabulary(t.island),
      b: vocabulary(t.island, { topK: 2 }),
      c: vocabulary(fillMissing(t.island, "?"), { name: "places" }),
      d: vocabulary(t.island),
    }));
    const assets = graph.analyzers.map((analyzer) => (analyzer.type === "vocabulary" ? analyzer.asset : ""));
    expect(assets).toEqual(["island", "island_1", "places"]);
  });

  it("keeps file names inside the assets' directory", () => {
    const columns = [{ name: "../a b", kind: "string" }] as const;
    const outcome = trace(columns, (t: Record<string, Feature<string>>) => ({ a: vocabulary(t["../a b"]!) }));
    expect(outcome).toMatchObject({ graph: { analyzers: [{ asset: "_._a_b" }] } });
  });

  it.each([
    [
      "a column that isn't there",
      'Cannot read column "nil": examples and schema must have it: they have "mass"',
      (t: Untyped) => t["nil"],
    ],
    [
      "a column of lists",
      'Cannot read column "colours": it must have one value a row: it has lists',
      (t: Untyped) => t["colours"],
    ],
    [
      "zScore of text",
      'Cannot call zScore: it takes a number, not column "island" (string)',
      (t: Untyped) => zScore(t["island"]!),
    ],
    [
      "zScore of nothing",
      "Cannot call zScore: it takes a column or what another operation returned, not undefined",
      () => zScore(undefined as never),
    ],
    [
      "zScore of a vector",
      'Cannot call zScore: it takes one value a row, not oneHot of hash of column "island" (vector)',
      (t: Untyped) => zScore(oneHot(hashBuckets(t["island"]!, 3)) as never),
    ],
    [
      "vocabulary of floats",
      'Cannot call vocabulary: it takes text or integers, not column "mass" (float)',
      (t: Untyped) => vocabulary(t["mass"]!),
    ],
    [
      "oneHot without a depth",
      'Cannot call oneHot: depth must be given, as column "age" (int) is no vocabulary or bucket',
      (t: Untyped) => oneHot(t["age"] as never),
    ],
    [
      "oneHot of floats",
      'Cannot call oneHot: it takes an index, not zScore of column "mass" (float)',
      (t: Untyped) => oneHot(zScore(t["mass"]!), { depth: 3 }),
    ],
    [
      "no buckets",
      "Cannot call buckets: count must be an integer of at least 1: it is 0",
      (t: Untyped) => buckets(t["mass"]!, 0),
    ],
    [
      "an empty range",
      "Cannot call minMax: min must be below max: they are 1 and 1",
      (t: Untyped) => minMax(t["mass"]!, { min: 1 }),
    ],
    ["no bounds", "Cannot call clip: min, max or both must be given", (t: Untyped) => clip(t["mass"]!, {})],
    [
      "bounds the wrong way round",
      "Cannot call clip: min must not be above max: they are 2 and 1",
      (t: Untyped) => clip(t["mass"]!, { min: 2, max: 1 }),
    ],
    [
      "an operand beyond float32",
      "Cannot call add: operand must be a finite number: it is 1e+39",
      (t: Untyped) => add(t["mass"]!, 1e39),
    ],
    [
      "a number to fill text",
      'Cannot call fillMissing: value must be a text, as column "island" (string) is: it is 1',
      (t: Untyped) => fillMissing(t["island"]!, 1),
    ],
    [
      "a fraction to fill integers",
      "Cannot call fillMissing: value must be an integer",
      (t: Untyped) => fillMissing(t["age"]!, 0.5),
    ],
    [
      "text of a float",
      'Cannot call cast: only integers have one text: cast column "mass" (float) to "int" first',
      (t: Untyped) => cast(t["mass"]!, "string"),
    ],
    [
      "an unknown kind",
      'Cannot call cast: the kind must be "float", "int" or "string": it is double',
      (t: Untyped) => cast(t["mass"]!, "double" as never),
    ],
    [
      "a path as a name",
      "Cannot call vocabulary: name must be letters",
      (t: Untyped) => vocabulary(t["island"]!, { name: "../x" }),
    ],
    ["nothing to concatenate", "Cannot call concatenate: it takes at least one feature", () => concatenate()],
  ] as const)("refuses %s", (_, message, use) => {
    expect(() => trace(penguinColumns, (t: Untyped) => ({ out: use(t) }))).toThrow(message);
  });

  it("begins the stack of a wrong use at the author's line", () => {
    let thrown: unknown;
    try {
      graphOf((t) => ({ island: log1p(t.island as never) }));
    } catch (error) {
      thrown = error;
    }
    expect((thrown as Error).stack?.split("\n")[1]).toContain("trace.test.ts");
  });

  it.each([
    ["nothing", "no-outputs", () => undefined],
    ["no output", "no-outputs", () => ({})],
    ["a list", "no-outputs", () => []],
    ["a promise", "no-outputs", async () => ({})],
    ["a bare feature", "no-outputs", (t: Untyped) => t["mass"]],
    ["a number as an output", "not-an-operation", () => ({ out: 1 })],
    ["a name with a slash", "output-name-invalid", (t: Untyped) => ({ "a/b": t["mass"] })],
    ["an empty name", "output-name-invalid", (t: Untyped) => ({ "": t["mass"] })],
  ])("reports %s as a problem", (_, code, preprocessing) => {
    expect(trace(penguinColumns, preprocessing)).toMatchObject({ problem: { code } });
  });

  it("reports a chain that is too long for the engine", () => {
    expect(trace(penguinColumns, chain(depthMax))).toHaveProperty("graph");
    expect(trace(penguinColumns, chain(depthMax + 1))).toMatchObject({ problem: { code: "too-deep", field: "out" } });
  });

  it("takes what isn't a function as a problem", () => {
    expect(trace(penguinColumns, {})).toMatchObject({ problem: { code: "not-an-operation" } });
  });
});

describe("the types of operations", () => {
  it("refuse what tracing would refuse", () => {
    expect(() => trace(penguinColumns, wrongUses)).toThrow(TypeError);
  });
});

type Untyped = Readonly<Record<string, Feature<never>>>;

function chain(length: number): Preprocessing<PenguinRow> {
  return (t) => ({ out: Array.from({ length }).reduce((x: Feature<number>) => mul(x, 2), t.mass) });
}

function wrongUses(t: TransformInputs<PenguinRow>) {
  // @ts-expect-error -- text has no mean.
  zScore(t.island);
  // @ts-expect-error -- the row has no such column.
  zScore(t.size);
  // @ts-expect-error -- a vector is no number.
  div(oneHot(vocabulary(t.island)), 2);
  // @ts-expect-error -- a plain number has no known depth.
  oneHot(t.age);
  // @ts-expect-error -- text isn't filled with a number.
  fillMissing(t.island, 0);
  oneHot(t.age, { depth: 3 });
  concatenate(t.mass, t.age, oneHot(buckets(t.mass, 3)));
}
