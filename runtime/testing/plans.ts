import type { Plan, PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { sourceComponent } from "../model/mod.ts";
import { planDigest } from "../pipeline/mod.ts";

/**
 * A node of a test's plan: what it takes, by input name, as "node.output:Type", "node.output:Type?" if optional, or
 * "@last-blessed-model:Type".
 */
export interface TestNode {
  readonly component?: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly cache?: boolean;
  readonly externalEffects?: boolean;
  readonly attemptsMax?: number;
  readonly backoffMs?: number;
  readonly attemptTimeoutMs?: number;
  readonly nodeTimeoutMs?: number;
  readonly parametersJson?: string;
}

/** Builds a plan over the dataset `data`; nodes are given in topological order. */
export function testPlan(pipeline: string, nodes: Readonly<Record<string, TestNode>>): Plan {
  return {
    pipeline,
    trigger: { dataset: "data" },
    seed: 7n,
    nodes: [source, ...Object.entries(nodes).map(([name, node]) => planNode(name, node))],
  };
}

/** Digest of a test's plan. */
export function testPlanDigest(plan: Plan): string {
  return planDigest(plan);
}

const source: PlanNode = {
  name: "source",
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

function planNode(name: string, node: TestNode): PlanNode {
  return {
    name,
    component: node.component ?? name,
    inputs: Object.entries(node.inputs).map(([input, from]) => {
      const [place = "", wanted = ""] = from.split(":");
      const type = wanted.replace("?", "");
      const [producer = "", output = ""] = place.split(".");
      const resolver = producer.startsWith("@");
      return {
        name: input,
        type,
        optional: resolver || wanted.endsWith("?"),
        source: resolver
          ? { $case: "resolver", value: { name: producer.slice(1) } }
          : { $case: "output", value: { node: producer, output } },
      };
    }),
    outputs: Object.entries(node.outputs ?? { out: "Examples" }).map(([output, type]) => ({
      name: output,
      type,
      optional: false,
    })),
    parametersJson: node.parametersJson ?? "{}",
    code: [],
    cache: node.cache ?? true,
    retry: { attemptsMax: node.attemptsMax ?? 3, backoffMinMs: BigInt(node.backoffMs ?? 5), backoffMaxMs: 50n },
    attemptTimeoutMs: BigInt(node.attemptTimeoutMs ?? 60_000),
    externalEffects: node.externalEffects ?? false,
    nodeTimeoutMs: BigInt(node.nodeTimeoutMs ?? 0),
  };
}
