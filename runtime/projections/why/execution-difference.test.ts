import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import type { PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import { cacheKey } from "../../driver/mod.ts";
import { canonicalJson } from "../../model/mod.ts";
import { testPlan } from "../../testing/plans.ts";
import { executionDifferences } from "./execution-difference.ts";
import type { ExecutionBasis } from "./execution-difference.ts";

const node = testPlan("p", { a: { inputs: { examples: "source.dataset:Examples" } } }).nodes[1] as PlanNode;

function input(name: string, digest: string, properties: Record<string, string> = {}): InputArtifact {
  const artifact = { type: "Examples", digest, bytes: 1n, files: 1, properties };
  return { name, artifact, fromNode: "examples", fromOutput: "examples", causeSequence: 3n };
}

function code(parameter: string, digest: string, module = `./${parameter}.ts`): PlanNode["code"][number] {
  return { parameter, digest, exportName: parameter, module };
}

const base: ExecutionBasis = {
  node: { ...node, parametersJson: '{"epochs":30}', code: [code("model", "sha256:a")] },
  inputs: [input("examples", "sha256:1")],
  environment: { componentVersion: "1.0.0", backend: "wasm", versions: { tfjs: "4.22.0" } },
  seed: 7n,
};

describe("executionDifferences()", () => {
  it.each<[string, Partial<ExecutionBasis>, object]>([
    [
      "an input, and whose output it is",
      { inputs: [input("examples", "sha256:2")] },
      { what: "input", name: "examples", was: "sha256:1", is: "sha256:2", isFrom: "examples.examples" },
    ],
    [
      "an input's properties",
      { inputs: [input("examples", "sha256:1", { span: "2" })] },
      { what: "input-properties", name: "examples", was: "{}", is: '{"span":"2"}' },
    ],
    ["an input left out", { inputs: [] }, { what: "input", name: "examples", was: "sha256:1", is: null }],
    [
      "a parameter, with both values",
      { node: { ...base.node, parametersJson: '{"epochs":10}' } },
      { what: "parameter", name: "epochs", was: "30", is: "10" },
    ],
    [
      "a parameter that is new",
      { node: { ...base.node, parametersJson: '{"epochs":30,"units":[1]}' } },
      { what: "parameter", name: "units", was: null, is: "[1]" },
    ],
    [
      "code, with its module",
      { node: { ...base.node, code: [code("model", "sha256:b")] } },
      { what: "code", name: "model", was: "sha256:a", is: "sha256:b", isFrom: "./model.ts" },
    ],
    [
      "another export of the same code",
      { node: { ...base.node, code: [{ ...code("model", "sha256:a"), exportName: "other" }] } },
      { what: "code", name: "model", was: "sha256:a#model", is: "sha256:a#other" },
    ],
    [
      "the component's version",
      { environment: { ...base.environment, componentVersion: "2.0.0" } },
      { what: "component-version", was: "1.0.0", is: "2.0.0" },
    ],
    [
      "the backend",
      { environment: { ...base.environment, backend: "tensorflow" } },
      { what: "backend", was: "wasm", is: "tensorflow" },
    ],
    [
      "a package's version",
      { environment: { ...base.environment, versions: { tfjs: "4.23.0" } } },
      { what: "version", name: "tfjs", was: "4.22.0", is: "4.23.0" },
    ],
    ["the seed", { seed: 8n }, { what: "seed", was: "7", is: "8" }],
    [
      "the outputs",
      { node: { ...base.node, outputs: [...base.node.outputs, { name: "more", type: "Schema", optional: true }] } },
      { what: "outputs", was: "out: Examples", is: "out: Examples, more: Schema" },
    ],
  ])("names %s", (_what, change, expected) => {
    expect(executionDifferences(base, { ...base, ...change })).toEqual([expect.objectContaining(expected)]);
  });

  it("is silent about what is not in the key: names, retries, and where a module lies", () => {
    const moved = { ...base.node, name: "other", retry: undefined, code: [code("model", "sha256:a", "./moved.ts")] };
    expect(executionDifferences(base, { ...base, node: moved })).toEqual([]);
  });

  it("finds nothing if and only if the cache keys are equal", () => {
    const digest = fc.constantFrom("sha256:1", "sha256:2");
    const name = fc.constantFrom("a", "b");
    const values = fc.dictionary(name, fc.constantFrom("1", "2"), { maxKeys: 2 });
    const inputs = fc.uniqueArray(fc.tuple(name, digest, values), { maxLength: 2, selector: ([key]) => key });
    const functions = fc.uniqueArray(fc.tuple(name, digest, name), { maxLength: 2, selector: ([key]) => key });
    const basis = fc.record({
      component: name,
      inputs,
      functions,
      parameters: values,
      versions: values,
      backend: name,
      componentVersion: name,
      seed: fc.constantFrom(1n, 2n),
      outputs: fc.constantFrom("Model", "Schema"),
    });
    fc.assert(
      fc.property(basis, basis, fc.boolean(), (one, two, mutateOnly) => {
        // Wholly different pairs are rarely equal: half the pairs share all but the inputs and functions.
        const [was, is] = [basisOf(one), basisOf(mutateOnly ? { ...one, inputs: two.inputs } : two)];
        expect(executionDifferences(was, is).length === 0).toBe(keyOf(was) === keyOf(is));
      }),
      { numRuns: 500 },
    );
  });
});

interface Drawn {
  readonly component: string;
  readonly inputs: readonly (readonly [string, string, Record<string, string>])[];
  readonly functions: readonly (readonly [string, string, string])[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly versions: Record<string, string>;
  readonly backend: string;
  readonly componentVersion: string;
  readonly seed: bigint;
  readonly outputs: string;
}

/** Inputs and functions come in the component's order, whoever declares them. */
function byKey<Item extends readonly [string, ...unknown[]]>(items: readonly Item[]): readonly Item[] {
  return [...items].sort(([a], [b]) => (a < b ? -1 : 1));
}

function basisOf(drawn: Drawn): ExecutionBasis {
  return {
    node: {
      ...node,
      component: drawn.component,
      parametersJson: canonicalJson(drawn.parameters),
      code: byKey(drawn.functions).map(([parameter, value, exportName]) => ({
        parameter,
        digest: value,
        exportName,
        module: "",
      })),
      outputs: [{ name: "out", type: drawn.outputs, optional: false }],
    },
    inputs: byKey(drawn.inputs).map(([key, value, properties]) => input(key, value, properties)),
    environment: {
      componentVersion: drawn.componentVersion,
      backend: drawn.backend,
      versions: drawn.versions,
    },
    seed: drawn.seed,
  };
}

function keyOf(of: ExecutionBasis): string {
  return cacheKey(of.node, of.inputs, of.environment, of.seed);
}
