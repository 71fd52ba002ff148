import type { RunStarted } from "../contracts/millrace/event/v1/event.ts";
import type { Plan, PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { sourceComponent } from "../model/mod.ts";
import type { Blessings, Chain, Control, Journal, Outcome } from "../journal/mod.ts";

/** What stands on one output's artifact subject. */
export interface FanOut {
  /** Sequence of the last message; 0 if there is none. */
  readonly sequence: number;
  readonly kind: "none" | "produced" | "voided";
  /** Event id of the outcome it fans out. */
  readonly causeEventId: string | undefined;
}

/** A run, seen from one node: what its driver decides by. All of it from one read. */
export interface Snapshot {
  readonly pipeline: string;
  readonly run: string;
  readonly started: RunStarted;
  readonly startedSequence: number;
  readonly startedEventId: string;
  readonly control: Chain<Control>;
  readonly outcome: Chain<Outcome>;
  /** Journals of the node and of the nodes it takes inputs from, by node. */
  readonly journals: ReadonlyMap<string, Journal>;
  /** The node's own outputs' subjects, by output. */
  readonly fanOut: ReadonlyMap<string, FanOut>;
  readonly blessed: Chain<Blessings>;
}

/** A node in its plan. */
export interface PlacedNode {
  readonly plan: Plan;
  readonly planDigest: string;
  readonly node: PlanNode;
}

/** Whether no other node takes this node's outputs: a run ends at its sinks. */
export function isSink(plan: Plan, node: string): boolean {
  return !plan.nodes.some((other) =>
    other.inputs.some(({ source }) => source?.$case === "output" && source.value.node === node),
  );
}

/** Nodes whose journals a node's driver reads: those it takes inputs from, without the source. */
export function producersOf({ plan, node }: PlacedNode): readonly PlanNode[] {
  const names = new Set(node.inputs.flatMap(({ source }) => (source?.$case === "output" ? [source.value.node] : [])));
  return plan.nodes.filter(({ name, component }) => names.has(name) && component !== sourceComponent);
}

/** Whether an input of the node is resolved from the pipeline's blessings, or the node acts on them. */
export function readsBlessings({ node }: PlacedNode): boolean {
  return node.externalEffects || node.inputs.some(({ source }) => source?.$case === "resolver");
}
