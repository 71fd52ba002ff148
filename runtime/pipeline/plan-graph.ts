import type { Plan, PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";

/** Names of the nodes that a node takes outputs of. */
export function producerNames({ inputs }: PlanNode): readonly string[] {
  return inputs.flatMap(({ source }) => (source?.$case === "output" ? [source.value.node] : []));
}

/** A node and every node that takes something of it, directly or through others. */
export function downstreamOf(plan: Plan, from: string): ReadonlySet<string> {
  const reached = new Set([from]);
  // A plan's nodes are in topological order, so that one pass sees every producer before its takers.
  for (const node of plan.nodes) if (producerNames(node).some((name) => reached.has(name))) reached.add(node.name);
  return reached;
}
