import type { ArtifactStore } from "millrace/artifacts";
import { startExecution } from "millrace/component/internal";
import type { StartExecution } from "millrace/contracts/millrace/component/v1/executor.ts";
import type { PlanNode } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { sourceComponent, Terminal } from "millrace/model";
import type { ReadRun } from "../read/run-view.ts";

/** What a node's last execution was started with, and what it made. */
export interface RecordedStart {
  readonly start: StartExecution;
  /** Digests of its outputs by name; none if it failed. */
  readonly outputs: ReadonlyMap<string, string>;
}

/**
 * What a node of a run was last started with, as the log has it.
 * @param name The node's name, or its component's if no other node of the run has it.
 * @throws {Terminal} `unknown-node`, `never-started`.
 */
export function recordedStart(store: ArtifactStore, { fold, plan }: ReadRun, name: string): RecordedStart {
  const node = findNode(plan.nodes, name);
  const history = fold.nodes.get(node.name);
  const completed = history?.journal.completed;
  const inputs = completed?.reused ? completed.inputs : history?.lastClaim?.body.inputs;
  if (fold.started === undefined || inputs === undefined) {
    throw new Terminal(
      "never-started",
      `Cannot run node "${node.name}" again: in run ${fold.run} it was never started`,
    );
  }
  const start = startExecution(store, fold.started.body, node, inputs, 1);
  const outputs = (completed?.outputs ?? []).flatMap(({ name: output, artifact }): [string, string][] =>
    artifact === undefined ? [] : [[output, artifact.digest]],
  );
  return { start: { ...start, deadlineMs: 0n }, outputs: new Map(outputs) };
}

function findNode(nodes: readonly PlanNode[], name: string): PlanNode {
  const components = nodes.filter((node) => node.component === name);
  const found = nodes.find((node) => node.name === name) ?? (components.length === 1 ? components[0] : undefined);
  if (found !== undefined && found.component !== sourceComponent) return found;
  const names = nodes.slice(1).map((node) => node.name);
  throw new Terminal("unknown-node", `There is no node "${name}" in this run: there are ${names.join(", ")}`);
}
