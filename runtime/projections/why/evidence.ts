import type { CacheMiss } from "../../contracts/millrace/event/v1/event.ts";
import type { Plan, PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import { emptyJournal, isTerminal } from "../../journal/mod.ts";
import type { Journal } from "../../journal/mod.ts";
import { sourceComponent } from "../../model/mod.ts";
import type { Execution } from "./execution.ts";
import type { ExecutionDifference } from "./execution-difference.ts";
import type { Fact, RunFacts } from "./run-facts.ts";

/** What the cache said to a node's last claim. */
export interface CacheEvidence {
  readonly claim: Fact;
  readonly miss: CacheMiss;
  readonly key: string;
  /** Why the entry of this key was revoked; empty if it was not. */
  readonly revoked: string;
  /** The nearest earlier execution and what it does not share; only looked for where nobody had executed the key. */
  readonly nearest: { readonly execution: Execution; readonly differences: readonly ExecutionDifference[] } | undefined;
}

/** Everything that a node's explanation is made of. */
export interface Evidence {
  /** The run's start, control and outcomes, and the journals of the node and of all that it comes after. */
  readonly facts: RunFacts;
  /** Plan of the current epoch. */
  readonly plan: Plan;
  readonly node: PlanNode;
  /** Messages outside of the run that led to it: the dataset, registrations, reused executions, blessings, pushes. */
  readonly elsewhere: readonly Fact[];
  readonly cache: CacheEvidence | undefined;
  /** The moment of the explanation, Unix epoch milliseconds, and the log's last sequence then. */
  readonly nowMs: number;
  readonly atSequence: number;
}

/** Why a node stands where it stands, in one word. */
export type Verdict =
  /** An input has not settled. */
  | "waiting"
  /** All inputs have, and nobody has claimed it. */
  | "ready"
  | "running"
  | "retrying"
  /** Completed by work of its own. */
  | "ran"
  /** Completed by an earlier execution's outcome. */
  | "reused"
  /** Completed by the outcome of the run that this one forks. */
  | "taken"
  | "failed"
  | "skipped"
  | "cancelled";

/** The verdict on a node of the run. */
export function verdictOf(evidence: Pick<Evidence, "facts" | "plan">, node: PlanNode): Verdict {
  const { facts, plan } = evidence;
  if (node.component === sourceComponent) return facts.started ? "ran" : "waiting";
  const journal = journalOf(facts, node.name);
  if (isTerminal(journal, facts.control.state.epoch)) {
    if (journal.phase !== "completed") return journal.phase as "failed" | "skipped" | "cancelled";
    if (journal.completed?.reused === undefined) return "ran";
    return facts.started?.start.options?.takenNodes.includes(node.name) ? "taken" : "reused";
  }
  if (journal.phase === "claimed") return "running";
  if (journal.phase === "retrying") return "retrying";
  return unsettledProducers({ facts, plan }, node).length === 0 ? "ready" : "waiting";
}

/** The nodes that a node takes inputs from and that have not ended in this epoch. */
export function unsettledProducers(
  { facts, plan }: Pick<Evidence, "facts" | "plan">,
  node: PlanNode,
): readonly PlanNode[] {
  return producersOf(plan, node).filter(
    (producer) =>
      producer.component !== sourceComponent && !isTerminal(journalOf(facts, producer.name), facts.control.state.epoch),
  );
}

/** The nodes that a node takes inputs from, the source among them. */
function producersOf(plan: Plan, node: PlanNode): readonly PlanNode[] {
  const names = new Set(node.inputs.flatMap(({ source }) => (source?.$case === "output" ? [source.value.node] : [])));
  return plan.nodes.filter(({ name }) => names.has(name));
}

/** All nodes that a node comes after, in the plan's order. */
export function ancestorsOf(plan: Plan, node: PlanNode): readonly PlanNode[] {
  const found = new Set<string>();
  const queue = [...producersOf(plan, node)];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next.name)) continue;
    found.add(next.name);
    queue.push(...producersOf(plan, next));
  }
  return plan.nodes.filter(({ name }) => found.has(name));
}

/** A node's journal, empty if nothing was written to it. */
export function journalOf({ nodes }: RunFacts, node: string): Journal {
  return nodes.get(node)?.journal ?? emptyJournal;
}

/** A node's messages, without those that a resume made void: what did not complete in an epoch before. */
export function lastFactIn({ nodes }: RunFacts, node: string, epoch: number): Fact | undefined {
  return nodes
    .get(node)
    ?.facts.findLast((fact) => fact.epoch === epoch || (fact.epoch < epoch && fact.body.$case === "completed"));
}
