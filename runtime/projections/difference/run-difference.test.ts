import { describe, expect, it } from "vitest";
import type { Plan } from "../../contracts/millrace/metadata/v1/plan.ts";
import { DatasetFeatureStatistics } from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { testPlan } from "../../testing/plans.ts";
import type { NodeView, RunView } from "../run-view.ts";
import { featureValues } from "./feature-values.ts";
import { runDifference } from "./run-difference.ts";
import type { RunSide } from "./run-difference.ts";

const node = (name: string, more: Partial<NodeView> = {}): NodeView => ({
  node: name,
  component: name,
  state: "succeeded",
  attempts: 1,
  cached: false,
  taken: false,
  startedAt: 0,
  durationMs: 100,
  sequence: 1,
  codeDigest: null,
  executor: { backend: "wasm", version: "1", versions: {} },
  inputs: [],
  outputs: [],
  failure: null,
  nextAttemptAt: null,
  note: null,
  reused: null,
  metrics: {},
  ...more,
});

const output = (digest: string, properties: Readonly<Record<string, string>> = {}) => ({
  name: "out",
  type: "Any",
  digest,
  uri: "",
  properties,
});

const parameters = (value: object) => ({ inputs: {}, parametersJson: JSON.stringify(value) });

function side(nodes: readonly NodeView[], plan: Plan, statistics: RunSide["statistics"] = new Map()): RunSide {
  const view = {
    run: "r",
    pipeline: plan.pipeline,
    planDigest: "",
    state: "succeeded",
    kind: "ordinary",
    of: null,
    startedAt: 0,
    durationMs: 1,
    nodes,
  };
  return { view: view as unknown as RunView, plan, statistics };
}

const lines = (was: RunSide, is: RunSide): readonly string[] =>
  runDifference(was, is).differences.map(
    ({ node: at, aspect, name, was: before, is: now }) =>
      `${at} ${aspect} ${name}: ${JSON.stringify(before)} ${JSON.stringify(now)}`,
  );

const plan = testPlan("p", { a: parameters({ epochs: 3 }) });

const code = (digest: string) => [{ parameter: "model", digest, exportName: "model", module: "" }];
const withCode = (digest: string, epochs: number): Plan => {
  const changed = testPlan("p", { a: parameters({ epochs }) });
  return { ...changed, nodes: changed.nodes.map((each) => Object.assign(each, { code: code(digest) })) };
};

const statistics = (mean: number, top: string) =>
  new Map([
    [
      "a.out",
      new Map([
        [
          "train",
          featureValues(
            DatasetFeatureStatistics.fromJSON({
              numExamples: "10",
              features: [
                { name: "mass", numStats: { mean, stdDev: 1, commonStats: { numNonMissing: "10" } } },
                { path: { step: ["bill", "length"] }, stringStats: { topValues: [{ value: top, frequency: 2 }] } },
              ],
            }),
          ),
        ],
      ]),
    ],
  ]);

describe("runDifference()", () => {
  it("finds a run equal to itself, and holds all of it side by side", () => {
    const run = side([node("a", { metrics: { accuracy: 0.9 }, outputs: [output("sha256:a")] })], plan);
    const { equal, differences, nodes } = runDifference(run, run);
    expect(equal).toBe(true);
    expect(differences).toEqual([]);
    expect(nodes[0]?.aspects.metric).toEqual([{ name: "accuracy", was: 0.9, is: 0.9, equal: true, change: null }]);
    expect(nodes[0]?.aspects.parameter).toMatchObject([{ name: "epochs", was: 3, is: 3 }]);
    expect(nodes[0]?.aspects.output).toMatchObject([{ name: "out", was: "sha256:a" }]);
  });

  it("names parameters, code, metrics, environments, decisions and digests that differ, worst first", () => {
    const was = node("a", {
      metrics: { accuracy: 0.5, loss: 1, recall: 0.9 },
      outputs: [output("sha256:a", { blessed: "1" })],
    });
    const failure = { code: "user-code", message: "no", file: "", line: 0, stack: "", stderrTail: "" };
    const is = node("a", {
      state: "failed",
      failure,
      metrics: { accuracy: 0.4, loss: 2, recall: 0.9 },
      outputs: [output("sha256:b", { blessed: "0" })],
      executor: { backend: "tensorflow", version: "1", versions: {} },
      attempts: 3,
    });
    expect(lines(side([was], withCode("sha256:x", 3)), side([is], withCode("sha256:y", 9)))).toEqual([
      'a decision state: "succeeded" "failed"',
      'a decision failure: null "user-code: no"',
      "a parameter epochs: 3 9",
      'a code model: "sha256:x#model" "sha256:y#model"',
      'a environment backend: "wasm" "tensorflow"',
      "a decision blessed: true false",
      "a metric loss: 1 2",
      "a metric accuracy: 0.5 0.4",
      'a output out: "sha256:a" "sha256:b"',
      "a decision attempts: 1 3",
    ]);
  });

  it("calls runs equal that differ only in how long they took and what was run for them", () => {
    const was = side([node("a")], plan);
    const is = side([node("a", { durationMs: 900, cached: true, attempts: 0 })], plan);
    expect(runDifference(was, is).equal).toBe(true);
    expect(lines(was, is).length).toBeGreaterThan(0);
  });

  it("matches nodes by name across pipelines, null standing for what one of them lacks", () => {
    const other = testPlan("q", { a: parameters({ epochs: 3 }), b: parameters({ depth: 2 }) });
    const difference = runDifference(side([node("a")], plan), side([node("a"), node("b")], other));
    expect(difference.nodes.map(({ node: name }) => name)).toEqual(["a", "b"]);
    expect(difference.nodes[1]?.aspects.parameter).toMatchObject([{ name: "depth", was: null, is: 2 }]);
    expect(difference.differences[0]).toMatchObject({ node: "b", name: "component", was: null, is: "b" });
    expect(difference.equal).toBe(false);
  });

  it("names the statistics of features that differ, by split", () => {
    const nodes = [node("a", { outputs: [output("sha256:a")] })];
    const was = side(nodes, plan, statistics(4, "Adelie"));
    const is = side(nodes, plan, statistics(5, "Gentoo"));
    expect(lines(was, is)).toEqual([
      "a statistic train/mass mean: 4 5",
      'a statistic train/bill/length topValue: "Adelie" "Gentoo"',
    ]);
    expect(runDifference(was, is).differences[0]?.change).toBe(0.25);
    expect(lines(was, side(nodes, plan))).toEqual([]);
  });

  it("gives statistics that are no numbers by their names", () => {
    const { numStats } = { numStats: { mean: Number.NaN, stdDev: 0 } };
    const list = DatasetFeatureStatistics.fromJSON({ features: [{ name: "f", numStats }] });
    expect(featureValues(list).get("f")).toMatchObject({ kind: "num", mean: "NaN" });
  });
});
