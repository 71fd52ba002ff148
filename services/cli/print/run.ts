import type { NodeView, RunView } from "millrace/projections";
import { printDerivation } from "./derivation.ts";
import { printTable } from "./table.ts";
import { duration, metric, moment, shortDigest, shortRun } from "./values.ts";

/** A run for people: what it is, its nodes, what went wrong, its metrics and what it pushed. */
export function printRun(view: RunView): string {
  const parts = [
    `Run ${shortRun(view.run)} of pipeline ${view.pipeline}: ${view.state}, ${duration(view.durationMs)}, started ${moment(view.startedAt)}${resumed(view)}`,
    ...printDerivation(view),
    ...(view.reason === null ? [] : [view.reason]),
    printNodes(view.nodes),
    ...view.nodes.flatMap(printRemark),
    ...printMetrics(view.metrics),
    ...(view.pushed === null ? [] : [`Pushed version ${view.pushed.version} to ${view.pushed.uri}`]),
  ];
  return parts.join("\n\n");
}

function resumed({ epoch }: RunView): string {
  if (epoch === 0) return "";
  return epoch === 1 ? ", resumed once" : `, resumed ${epoch} times`;
}

/** The table of a run's nodes. */
export function printNodes(nodes: readonly NodeView[]): string {
  const rows = nodes.map((node) => [
    node.node,
    node.component,
    stateOf(node),
    String(node.attempts),
    node.cached ? "" : duration(node.durationMs),
    node.outputs.map(({ digest }) => shortDigest(digest)).join(" "),
  ]);
  return printTable(["node", "component", "state", "attempts", "took", "outputs"], rows);
}

function stateOf({ state, cached, taken }: NodeView): string {
  return cached ? `${state} (${taken ? "taken" : "cached"})` : state;
}

function printRemark({ node, failure, note }: NodeView): readonly string[] {
  if (failure === null) return note === null ? [] : [`${node}: ${note}`];
  const place = failure.file === "" ? "" : ` at ${failure.file}${failure.line === 0 ? "" : `:${failure.line}`}`;
  const stack = failure.stack === "" ? [] : [failure.stack];
  const tail = failure.stderrTail === "" ? [] : [`stderr ends:\n${failure.stderrTail}`];
  return [[`${node} failed (${failure.code})${place}: ${failure.message}`, ...stack, ...tail].join("\n")];
}

function printMetrics(metrics: Readonly<Record<string, number>>): readonly string[] {
  const rows = Object.entries(metrics).map(([name, value]) => [name, metric(value)]);
  return rows.length === 0 ? [] : [printTable(["metric", "value"], rows)];
}
