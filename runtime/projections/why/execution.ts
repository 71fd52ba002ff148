import type { Claimed, Completed } from "../../contracts/millrace/event/v1/event.ts";
import type { PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import type { ExecutionBasis } from "./execution-difference.ts";
import type { Fact, NodeFacts, RunFacts } from "./run-facts.ts";

/** An execution of a node: what it was done on, and the last that its journal says of it. */
export interface Execution {
  readonly pipeline: string;
  readonly run: string;
  readonly node: string;
  /** The journal's last message. */
  readonly last: Fact;
  readonly basis: ExecutionBasis;
  /** Empty if the cache was not used. */
  readonly cacheKey: string;
}

/** The claim that a node's journal saw last, with its fact. */
export function lastClaim({ facts }: NodeFacts): { readonly fact: Fact; readonly claimed: Claimed } | undefined {
  for (const fact of facts.toReversed()) if (fact.body.$case === "claimed") return { fact, claimed: fact.body.value };
  return undefined;
}

/** The outcome of a node that completed. */
export function completedOf({ facts }: NodeFacts): { readonly fact: Fact; readonly completed: Completed } | undefined {
  const fact = facts.at(-1);
  return fact?.body.$case === "completed" ? { fact, completed: fact.body.value } : undefined;
}

/**
 * The execution that a node's journal ends with; undefined if nobody has come to its inputs.
 * @param node The node in the plan of the epoch that the journal's last message belongs to.
 */
export function executionOf(run: RunFacts, facts: NodeFacts, node: PlanNode): Execution | undefined {
  const last = facts.facts.at(-1);
  if (last === undefined || run.started === undefined) return undefined;
  const { pipeline } = run;
  const place = { pipeline, run: run.run, node: node.name, last };
  const { seed } = run.started.start;
  const completed = completedOf(facts)?.completed;
  if (completed?.reused && completed.environment) {
    const { inputs, environment, cacheKey } = completed;
    return { ...place, basis: { node, inputs, environment, seed }, cacheKey };
  }
  const claimed = lastClaim(facts)?.claimed;
  if (claimed?.environment === undefined) return undefined;
  const { inputs, environment, cacheKey } = claimed;
  return { ...place, basis: { node, inputs, environment, seed }, cacheKey };
}
