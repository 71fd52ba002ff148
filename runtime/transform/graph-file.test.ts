import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { assetsDirectory, graphFileName, loadTransformGraph, writeGraph } from "./graph-file.ts";
import { buckets, oneHot, vocabulary, zScore } from "./ops/mod.ts";
import { answered } from "./testing/penguin-columns.ts";
import { vocabularyText } from "./vocabulary-text.ts";

const values = ["Biscoe", "two words", "日本"];
const graph = answered(
  (t) => ({ mass: zScore(t.mass), bucket: buckets(t.mass, 3), island: oneHot(vocabulary(t.island)) }),
  [
    { type: "quantiles", boundaries: [0.1, 2].map(Math.fround) },
    { type: "vocabulary", values },
    { type: "moments", mean: Math.fround(10.1), variance: 4 },
  ],
);

describe("a transform graph's files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-graph-"));
    writeGraph(folder, graph);
    mkdirSync(join(folder, assetsDirectory), { recursive: true });
    writeFileSync(join(folder, assetsDirectory, "island"), vocabularyText(values));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are read back as they were", () => {
    const { nodes, analyzers, results, outputs } = loadTransformGraph(folder);
    expect({ nodes, analyzers, results }).toEqual({
      nodes: graph.nodes,
      analyzers: graph.analyzers,
      results: graph.results,
    });
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ["bucket", []],
      ["island", [3]],
      ["mass", []],
    ]);
  });

  it.each([
    ["no JSON", graphFileName, "{", "it must be JSON"],
    ["another format", graphFileName, '{"format":"v0"}', "its format must be millrace.transform-graph.v1: it is v0"],
    ["null", graphFileName, "null", "its format must be"],
    ["a short vocabulary", join(assetsDirectory, "island"), "Biscoe\n", "it must have 3 lines: it has 1"],
  ])("are refused with %s, naming the file", (_, file, content, reason) => {
    writeFileSync(join(folder, file), content);
    const load = () => loadTransformGraph(folder);
    expect(load).toThrow(
      expect.objectContaining({ code: "not-a-transform-graph", place: { file: join(folder, file) } }),
    );
    expect(load).toThrow(reason);
  });

  it("are refused when one isn't there", () => {
    rmSync(join(folder, assetsDirectory, "island"));
    expect(() => loadTransformGraph(folder)).toThrow("it must be there and readable");
  });
});
