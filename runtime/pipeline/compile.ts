import type { CodeReference, Plan, PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { sourceComponent } from "../model/mod.ts";
import { type CodeUse, codeUses } from "./code-use.ts";
import { compileNode } from "./compile-node.ts";
import { sourceNodeName } from "./naming.ts";
import { topologicalOrder } from "./order.ts";
import type { Pipeline } from "./pipeline.ts";

/**
 * Compiles a pipeline to its plan: nodes in topological order, ties by name, the dataset's node first.
 * @param options.bundleOf Digest of the bundle of a user function, for each of `codeUses`.
 * @throws {Terminal} `wrong-wiring`, `unknown-argument`, `bad-parameter`, `bad-code`, `cycle`, naming the node.
 */
export function compile(pipeline: Pipeline, options: { readonly bundleOf: (use: CodeUse) => string }): Plan {
  const names = new Map<object, string>([...pipeline.nodes].map(([name, draft]) => [draft, name]));
  const uses = codeUses(pipeline);
  const nodes = new Map<string, PlanNode>();
  for (const [name, draft] of pipeline.nodes) {
    const code = uses.filter(({ node }) => node === name).map((use) => reference(use, options.bundleOf(use)));
    nodes.set(name, compileNode(name, draft, names, code));
  }
  const order = topologicalOrder(new Map([...nodes].map(([name, node]) => [name, producersOf(node)])));
  return {
    pipeline: pipeline.name,
    trigger: { dataset: pipeline.dataset },
    nodes: [sourceNode(), ...order.map((name) => nodes.get(name) as PlanNode)],
    seed: BigInt(pipeline.seed),
  };
}

function reference({ parameter, exportName, module }: CodeUse, digest: string): CodeReference {
  return { parameter, exportName, module, digest };
}

function producersOf(node: PlanNode): ReadonlySet<string> {
  const producers = node.inputs.flatMap(({ source }) => (source?.$case === "output" ? [source.value.node] : []));
  return new Set(producers.filter((name) => name !== sourceNodeName));
}

function sourceNode(): PlanNode {
  return {
    name: sourceNodeName,
    component: sourceComponent,
    inputs: [],
    outputs: [{ name: "dataset", type: "Dataset", optional: false }],
    parametersJson: "{}",
    code: [],
    cache: false,
    retry: undefined,
    attemptTimeoutMs: 0n,
    externalEffects: false,
    nodeTimeoutMs: 0n,
  };
}
