import type { Artifact, InputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { NodeInput } from "../contracts/millrace/metadata/v1/plan.ts";
import { baselineFor, isTerminal } from "../journal/mod.ts";
import { sourceComponent } from "../model/mod.ts";
import type { PlacedNode, Snapshot } from "./snapshot.ts";

/** How a node's inputs stand. */
export type Inputs =
  /** At least one producer has not ended. */
  | { readonly kind: "unsettled"; readonly waitingFor: string }
  /** A required one will not come. */
  | { readonly kind: "voided"; readonly input: string; readonly node: string; readonly reason: string }
  /** All there is. */
  | { readonly kind: "ready"; readonly inputs: readonly InputArtifact[] };

/**
 * Resolves a node's inputs from a snapshot. A node decides only when every input is produced or voided.
 * An optional input may be left out by its producer; a producer that failed excuses nobody, or a model would be blessed
 * without the anomalies that its author wired in, and pushed without a blessing.
 * Source: docs/protocol.md, Deciding a node (2, 3).
 */
export function resolveInputs(placed: PlacedNode, snapshot: Snapshot): Inputs {
  const settled = placed.node.inputs.map((input) => ({ input, edge: settle(placed, snapshot, input) }));
  const waiting = settled.find(({ edge }) => edge.kind === "unsettled");
  if (waiting) return { kind: "unsettled", waitingFor: `${waiting.input.name} from ${nodeOf(waiting.input)}` };
  const voided = settled.find(({ input, edge }) => edge.kind === "voided" && !(input.optional && edge.leftOut));
  if (voided?.edge.kind === "voided")
    return { kind: "voided", input: voided.input.name, node: nodeOf(voided.input), reason: voided.edge.reason };
  const edges = settled.map(({ input, edge }) => inputArtifact(input, edge));
  return { kind: "ready", inputs: resolveBaselines(placed, snapshot, edges) };
}

type Edge =
  | { readonly kind: "unsettled" }
  /** `leftOut`: its producer completed without it; else its producer did not complete. */
  | { readonly kind: "voided"; readonly leftOut: boolean; readonly reason: string }
  | { readonly kind: "produced"; readonly artifact: Artifact; readonly sequence: number }
  | { readonly kind: "resolved" };

function settle({ plan }: PlacedNode, snapshot: Snapshot, { source }: NodeInput): Edge {
  if (source?.$case !== "output") return { kind: "resolved" };
  const producer = plan.nodes.find(({ name }) => name === source.value.node);
  if (producer?.component === sourceComponent) {
    const { dataset } = snapshot.started;
    return dataset
      ? { kind: "produced", artifact: dataset, sequence: snapshot.startedSequence }
      : { kind: "unsettled" };
  }
  const journal = snapshot.journals.get(source.value.node);
  if (journal === undefined || !isTerminal(journal, snapshot.control.state.epoch)) return { kind: "unsettled" };
  const artifact = journal.completed?.outputs.find(({ name }) => name === source.value.output)?.artifact;
  if (artifact) return { kind: "produced", artifact, sequence: journal.head?.sequence ?? 0 };
  const leftOut = journal.phase === "completed";
  const reason = leftOut ? "left out its output" : journal.phase === "failed" ? "failed" : `was ${journal.phase}`;
  return { kind: "voided", leftOut, reason: `${source.value.node} ${reason}` };
}

function nodeOf({ source }: NodeInput): string {
  return source?.$case === "output" ? source.value.node : "";
}

function inputArtifact({ name, source }: NodeInput, edge: Edge): InputArtifact {
  const produced = edge.kind === "produced";
  return {
    name,
    artifact: produced ? edge.artifact : undefined,
    fromNode: source?.$case === "output" ? source.value.node : "",
    fromOutput: source?.$case === "output" ? source.value.output : "",
    causeSequence: BigInt(produced ? edge.sequence : 0),
  };
}

/** The model that a node decides about: its Model input from another node. */
export function candidateOf(inputs: readonly InputArtifact[]): Artifact | undefined {
  return inputs.find(({ artifact, fromNode }) => fromNode !== "" && artifact?.type === "Model")?.artifact;
}

/**
 * Pins "last blessed model": the last with a digest other than the candidate's, the node's own Model input; in a run
 * that repeats or forks another without effects, what was pinned there.
 */
function resolveBaselines(
  { node }: PlacedNode,
  snapshot: Snapshot,
  inputs: readonly InputArtifact[],
): readonly InputArtifact[] {
  const candidate = candidateOf(inputs);
  return inputs.map((input, index) => {
    if (node.inputs[index]?.source?.$case !== "resolver") return input;
    const pinned = snapshot.started.options?.pinnedInputs.find(
      (pin) => pin.node === node.name && pin.input === input.name,
    );
    if (pinned) return { ...input, artifact: pinned.artifact };
    const baseline = baselineFor(snapshot.blessed.state, candidate?.digest ?? "");
    return { ...input, artifact: baseline?.model, causeSequence: BigInt(baseline?.sequence ?? 0) };
  });
}
