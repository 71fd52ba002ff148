import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { type CodeUse, codeUses } from "./code-use.ts";
import { code } from "./code.ts";
import { compile } from "./compile.ts";
import { artifact, declareComponent } from "./declaration.ts";
import type { Handle } from "./handle.ts";
import { lastBlessed } from "./handle.ts";
import { node } from "./node.ts";
import { dataset, pipeline, type Returned } from "./pipeline.ts";
import { planDigest } from "./plan-digest.ts";
import { csvExampleGen, modelValidator, pusher, schemaGen, statisticsGen, trainer, transform } from "./standard/mod.ts";

const on = dataset("penguins");
const bundleOf = ({ module }: CodeUse): string => `digest of ${module}`;
const compiled = (define: (start: { source: Handle<"Dataset"> }) => Returned): Plan =>
  compile(pipeline("penguins", { on, seed: 7 }, define), { bundleOf });

function penguins({ source }: { source: Handle<"Dataset"> }) {
  const examples = csvExampleGen({ source, splits: { train: 3, eval: 1 } });
  const statistics = statisticsGen({ examples });
  const budget = { attemptsMax: 5, attemptTimeoutMs: 1000, nodeTimeoutMs: 60_000, backoffMaxMs: 500 };
  const schema = schemaGen({ statistics, cache: false, ...budget });
  const preprocessing = code(() => import("./testdata/functions.ts"));
  const features = transform({ examples, schema, preprocessing });
  const model = trainer({ ...features, label: "species", model: code(() => import("./testdata/model.ts")) });
  return { examples, statistics, schema, features, model, pushed: pusher({ model, to: "serving/penguins" }) };
}

describe("compile()", () => {
  it("puts the dataset's node first and every node after those it needs, ties by name", () => {
    const plan = compiled(({ source }) => {
      const b = csvExampleGen({ source });
      const a = csvExampleGen({ source });
      return { z: statisticsGen({ examples: a }), c: statisticsGen({ examples: b }), b, a };
    });
    expect(plan.nodes.map(({ name }) => name)).toEqual(["source", "a", "b", "c", "z"]);
    expect(plan.nodes[0]).toMatchObject({ component: "ingest", outputs: [{ name: "dataset", type: "Dataset" }] });
  });

  it("writes edges, parameters with defaults, code and options into the node", () => {
    const plan = compiled(penguins);
    const byName = Object.fromEntries(plan.nodes.map((planned) => [planned.name, planned]));
    expect(plan).toMatchObject({ pipeline: "penguins", trigger: { dataset: "penguins" }, seed: 7n });
    expect(byName["examples"]?.inputs).toEqual([
      {
        name: "source",
        type: "Dataset",
        optional: false,
        source: { $case: "output", value: { node: "source", output: "dataset" } },
      },
    ]);
    expect(byName["examples"]?.parametersJson).toBe(
      '{"format":"parquet","splits":[{"buckets":3,"name":"train"},{"buckets":1,"name":"eval"}]}',
    );
    expect(byName["schema"]).toMatchObject({
      cache: false,
      retry: { attemptsMax: 5, backoffMinMs: 500n, backoffMaxMs: 500n },
      attemptTimeoutMs: 1000n,
      nodeTimeoutMs: 60_000n,
    });
    expect(byName["statistics"]).toMatchObject({
      retry: { attemptsMax: 3, backoffMinMs: 1000n, backoffMaxMs: 60_000n },
      nodeTimeoutMs: 0n,
    });
    expect(byName["features"]?.code).toEqual([
      {
        parameter: "preprocessing",
        exportName: "preprocessing",
        module: expect.stringMatching(/testdata\/functions\.ts$/),
        digest: expect.stringMatching(/^digest of .*testdata\/functions\.ts$/),
      },
    ]);
    expect(byName["pushed"]).toMatchObject({ cache: false, externalEffects: true });
    expect(byName["statistics"]?.inputs.map(({ name }) => name)).toEqual(["examples"]);
  });

  it("writes the last blessed model as a resolver", () => {
    const plan = compiled((start) => {
      const { examples, model } = penguins(start);
      const evaluation = judge({ model });
      return { blessing: modelValidator({ examples, model, evaluation, baseline: lastBlessed() }) };
    });
    const validator = plan.nodes.find(({ component }) => component === "model-validator");
    expect(validator?.inputs.find(({ name }) => name === "baseline")).toEqual({
      name: "baseline",
      type: "Model",
      optional: true,
      source: { $case: "resolver", value: { name: "last-blessed-model" } },
    });
  });

  it.each<[string, (start: { source: Handle<"Dataset"> }) => Returned, RegExp]>([
    [
      "a Schema where Examples are wanted",
      ({ source }) => {
        const schema = schemaGen({ statistics: statisticsGen({ examples: csvExampleGen({ source }) }) });
        return { schema, again: statisticsGen({ examples: schema as never }) };
      },
      /Cannot compile node "again" \(statistics-gen\): input "examples" wants Examples, but gets Schema from node "schema"/,
    ],
    [
      "an input left out",
      () => ({ facts: statisticsGen({} as never) }),
      /node "facts".*wants Examples, but gets nothing/,
    ],
    [
      "an argument it does not take",
      ({ source }) => ({ examples: csvExampleGen({ source, spilts: {} } as never) }),
      /node "examples" \(example-gen\): it takes no "spilts", only source, splits, format, name/,
    ],
    [
      "a parameter of the wrong type",
      ({ source }) => ({ examples: csvExampleGen({ source, splits: { train: 0.5 } }) }),
      /node "examples" \(example-gen\): parameter "splits.train"/,
    ],
    [
      "no attempts",
      ({ source }) => ({ examples: csvExampleGen({ source, attemptsMax: 0 }) }),
      /node "examples" \(example-gen\): "attemptsMax" must be a whole number of at least 1, at most 1000000, not 0/,
    ],
    [
      "a duration that is none",
      ({ source }) => ({ examples: csvExampleGen({ source, nodeTimeoutMs: "1 hour" as never }) }),
      /node "examples" .*"nodeTimeoutMs" must be a whole number of milliseconds of at least 1, .* not "1 hour"/,
    ],
    [
      "a duration longer than a timer takes",
      ({ source }) => ({ examples: csvExampleGen({ source, attemptTimeoutMs: 2 ** 31 }) }),
      /node "examples" .*"attemptTimeoutMs" must be .* at most 2147483647, not 2147483648/,
    ],
    [
      "a node's time shorter than an attempt's",
      ({ source }) => ({ examples: csvExampleGen({ source, attemptTimeoutMs: 2_000, nodeTimeoutMs: 1_000 }) }),
      /node "examples" .*"attemptTimeoutMs" \(2000\) must not be more than "nodeTimeoutMs" \(1000\)/,
    ],
    [
      "a longest wait shorter than the first",
      ({ source }) => ({ examples: csvExampleGen({ source, backoffMinMs: 20, backoffMaxMs: 10 }) }),
      /node "examples" .*"backoffMinMs" \(20\) must not be more than "backoffMaxMs" \(10\)/,
    ],
    [
      "a function given as a text",
      ({ source }) => {
        const examples = csvExampleGen({ source });
        const schema = schemaGen({ statistics: statisticsGen({ examples }) });
        return { features: transform({ examples, schema, preprocessing: "./preprocessing.ts" as never }) };
      },
      /node "features" \(transform\): function "preprocessing" must be given as code/,
    ],
  ])("refuses %s, naming the node", (_, define, message) => {
    expect(() => compiled(define)).toThrow(message);
  });

  it("refuses a cycle, naming its nodes", () => {
    expect(() =>
      compiled(() => {
        const given: { examples?: Handle<"Examples"> } = {};
        const first = copy(given as { examples: Handle<"Examples"> });
        given.examples = copy({ examples: first });
        return { first, second: given.examples };
      }),
    ).toThrow(/(first → second → first|second → first → second) is a cycle/);
  });
});

describe("codeUses()", () => {
  it("lists what must be bundled, node by node", () => {
    expect(codeUses(pipeline("penguins", { on }, penguins))).toEqual([
      {
        node: "features",
        parameter: "preprocessing",
        module: expect.stringMatching(/functions\.ts$/),
        exportName: "preprocessing",
      },
      { node: "model", parameter: "model", module: expect.stringMatching(/model\.ts$/), exportName: "model" },
    ]);
  });
});

describe("planDigest()", () => {
  const plan = compiled(penguins);

  it("is the same for a plan read back from the log", () => {
    expect(planDigest(Plan.decode(Plan.encode(plan).finish()))).toBe(planDigest(plan));
  });

  it("does not see where the author's modules are, but sees their content", () => {
    const moved = structuredClone(plan);
    const edited = structuredClone(plan);
    for (const { code: references } of moved.nodes)
      for (const reference of references) reference.module = "elsewhere.ts";
    for (const { code: references } of edited.nodes) for (const reference of references) reference.digest = "edited";
    expect(planDigest(moved)).toBe(planDigest(plan));
    expect(planDigest(edited)).not.toBe(planDigest(plan));
  });

  it("does not depend on the order in which nodes were placed", () => {
    const names = ["a", "b", "c", "d"];
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (order) => {
        expect(digestOfOrder(order)).toBe(digestOfOrder(names));
      }),
    );
  });
});

function digestOfOrder(order: readonly string[]): string {
  return planDigest(
    compiled(({ source }) => Object.fromEntries(order.map((name) => [name, csvExampleGen({ source })]))),
  );
}

const copy = node(
  declareComponent({
    name: "copy",
    version: "1",
    inputs: { examples: artifact("Examples") },
    outputs: { examples: artifact("Examples") },
  }),
);

const judge = node(
  declareComponent({
    name: "judge",
    version: "1",
    inputs: { model: artifact("Model") },
    outputs: { evaluation: artifact("ModelEvaluation") },
  }),
);
