import { describe, expect, it } from "vitest";
import { compile } from "./compile.ts";
import { dataset, pipeline } from "./pipeline.ts";
import { planDifference } from "./plan-difference.ts";
import { downstreamOf } from "./plan-graph.ts";
import { setParameter } from "./set-parameter.ts";
import { csvExampleGen, schemaGen, standardDeclarations, statisticsGen } from "./standard/mod.ts";

const plan = compile(
  pipeline("p", { on: dataset("data") }, ({ source }) => {
    const examples = csvExampleGen({ source });
    const statistics = statisticsGen({ examples });
    return { examples, statistics, schema: schemaGen({ statistics }) };
  }),
  { bundleOf: () => "" },
);
const evaluated = {
  ...plan,
  nodes: [
    ...plan.nodes,
    { ...(plan.nodes[1] as (typeof plan.nodes)[number]), name: "score", component: "evaluator", parametersJson: "{}" },
  ],
};

const declarationOf = (component: string) => standardDeclarations.get(component);
const noDeclaration = () => undefined;
const set = (node: string, parameter: string, value: string) =>
  planDifference(evaluated, setParameter(evaluated, { node, parameter, value }, declarationOf));

describe("setParameter()", () => {
  it.each([
    ["JSON", "examples", "format", '"tfrecord"', "tfrecord"],
    ["a text that is no JSON", "examples", "format", "tfrecord", "tfrecord"],
    ["a number where a text is wanted", "score", "split", "2025", "2025"],
    ["what the schema makes of it", "examples", "splits", '{"all":1}', [{ name: "all", buckets: 1 }]],
    ["a value within a value", "score", "thresholds.accuracy.min", "0.9", { accuracy: { min: 0.9 } }],
  ])("takes %s", (_what, node, parameter, value, is) => {
    expect(set(node, parameter, value)).toMatchObject([{ node, what: "parameter", name: parameter.split(".")[0], is }]);
  });

  it.each([
    [
      "a value of the wrong kind",
      "examples",
      "splits",
      "7",
      "bad-parameter",
      'Cannot set examples.splits to 7: parameter "splits" of example-gen: ',
    ],
    [
      "a value that is wrong within",
      "score",
      "thresholds.accuracy.min",
      "high",
      "bad-parameter",
      'parameter "thresholds.accuracy.min" of evaluator',
    ],
    [
      "an unknown parameter",
      "examples",
      "buckets",
      "7",
      "unknown-parameter",
      "example-gen has no such parameter: it takes splits, format",
    ],
    [
      "an unknown node",
      "nodes",
      "splits",
      "7",
      "unknown-node",
      'Cannot set nodes.splits: pipeline p has no node "nodes", only examples, statistics, schema, score',
    ],
    ["the dataset's own node", "source", "splits", "7", "unknown-node", "only examples"],
  ])("refuses %s", (_what, node, parameter, value, code, words) => {
    const refused = () => set(node, parameter, value);
    expect(refused).toThrow(words);
    expect(refused).toThrow(expect.objectContaining({ code }));
  });

  it("keeps to the kind of value that is there when a component's schemas are not known", () => {
    const before = setParameter(plan, { node: "examples", parameter: "format", value: "anything" }, noDeclaration);
    expect(before.nodes[1]?.parametersJson).toContain('"format":"anything"');
    const refused = () => setParameter(plan, { node: "examples", parameter: "splits", value: "7" }, noDeclaration);
    expect(refused).toThrow("its schema is not known here, so it must stay a list");
  });

  it("points to --code for a user function", () => {
    const declaration = standardDeclarations.get("trainer");
    const refused = () => setParameter(plan, { node: "examples", parameter: "model", value: "x" }, () => declaration);
    expect(refused).toThrow("it is a user function: change it in its module and give that with --code");
  });
});

describe("downstreamOf()", () => {
  it("is the node and all that follow it, however far", () => {
    expect([...downstreamOf(plan, "statistics")]).toEqual(["statistics", "schema"]);
    expect([...downstreamOf(plan, "source")]).toEqual(["source", "examples", "statistics", "schema"]);
    expect([...downstreamOf(plan, "schema")]).toEqual(["schema"]);
  });
});
