import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import type { Journal } from "../journal/mod.ts";
import type { FanOut } from "./snapshot.ts";

/** One message that must stand behind an outcome: an output produced, or voided with its reason. */
export interface FanOutItem {
  readonly output: string;
  readonly type: string;
  readonly produced: Artifact | undefined;
  readonly reason: string;
}

/** Everything that fans out behind a terminal journal. */
export function fanOutOf(node: PlanNode, journal: Journal): readonly FanOutItem[] {
  return node.outputs.map(({ name, type }) => {
    const produced = journal.completed?.outputs.find((output) => output.name === name)?.artifact;
    return { output: name, type, produced, reason: produced ? "" : voidReason(node, journal) };
  });
}

/** What of it is not there yet. A Voided of an earlier epoch counts as not there: it has another cause. */
export function missingFanOut(
  node: PlanNode,
  journal: Journal,
  standing: ReadonlyMap<string, FanOut>,
): readonly FanOutItem[] {
  return fanOutOf(node, journal).filter(({ output }) => standing.get(output)?.causeEventId !== journal.head?.eventId);
}

function voidReason(node: PlanNode, journal: Journal): string {
  switch (journal.phase) {
    case "failed":
      return `${node.name} failed: ${journal.failed?.failure?.message ?? ""}`;
    case "completed":
      return `${node.name} left out this output`;
    default:
      return `${node.name} was ${journal.phase}: ${journal.reason ?? ""}`;
  }
}
