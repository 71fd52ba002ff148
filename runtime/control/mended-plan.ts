import type { NodeInput, Plan, PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { canonicalJson, Terminal } from "../model/mod.ts";

/** What a run asks of a plan that is to take the place of its own. */
export interface Mending {
  readonly run: string;
  readonly before: Plan;
  readonly after: Plan;
  /** Nodes that completed: what they made stays. */
  readonly finished: ReadonlySet<string>;
}

/**
 * Checks that a run may go on with a mended plan: the same graph, and every finished node as it was, since nobody runs
 * it again. Nodes that are open may have other code and parameters. Budgets, timeouts and the cache may change anywhere.
 * @throws {Terminal} `graph-changed`, `seed-changed`, `finished-node-changed`, naming the node and what to do instead.
 * Source: docs/protocol.md, Run end (2).
 */
export function checkMended({ run, before, after, finished }: Mending): void {
  const graph = graphDifference(before, after);
  if (graph !== undefined)
    throw refusal("graph-changed", run, `${graph}. Publish the dataset again for a run of the new graph`, run);
  if (before.seed !== after.seed && finished.size > 0)
    throw refusal("seed-changed", run, `its seed was ${before.seed} and is ${after.seed} now`, run);
  for (const node of after.nodes) {
    const was = before.nodes.find(({ name }) => name === node.name);
    const change = was && finished.has(node.name) ? workDifference(was, node) : undefined;
    if (change === undefined) continue;
    const what = `node "${node.name}" has finished, and ${change} since. \`millrace fork ${run} --from ${node.name}\` runs it anew, in a new run`;
    throw refusal("finished-node-changed", run, what, run);
  }
}

function refusal(code: string, run: string, what: string, field: string): Terminal {
  const message = `Cannot resume run ${run} with the pipeline as it is now: ${what}. \`millrace resume ${run} --plan same\` goes on with the plan as it was`;
  return new Terminal(code, message, { field });
}

/** The first difference of two plans' graphs, as a clause; undefined if there is none. */
function graphDifference(before: Plan, after: Plan): string | undefined {
  const names = new Set(after.nodes.map(({ name }) => name));
  const gone = before.nodes.find(({ name }) => !names.has(name));
  if (gone) return `node "${gone.name}" is gone`;
  for (const node of after.nodes) {
    const was = before.nodes.find(({ name }) => name === node.name);
    if (was === undefined) return `node "${node.name}" is new`;
    if (was.component !== node.component)
      return `node "${node.name}" was a ${was.component} and is a ${node.component} now`;
    if (canonicalJson(was.inputs.map(wire)) !== canonicalJson(node.inputs.map(wire)))
      return `node "${node.name}" takes other inputs`;
    if (canonicalJson(was.outputs.map(port)) !== canonicalJson(node.outputs.map(port)))
      return `node "${node.name}" has other outputs`;
    if (was.externalEffects !== node.externalEffects) return `node "${node.name}" acts otherwise outside of the store`;
  }
  return undefined;
}

/** An input by value: a plan that was read back holds more than one that was compiled. */
function wire({ name, type, optional, source }: NodeInput): readonly unknown[] {
  const from = source?.$case === "output" ? [source.value.node, source.value.output] : [source?.value.name];
  return [name, type, optional, source?.$case, ...from];
}

function port({ name, type, optional }: PlanNode["outputs"][number]): readonly unknown[] {
  return [name, type, optional];
}

/** What of a node's work changed, as a clause; undefined if nothing did. */
function workDifference(was: PlanNode, node: PlanNode): string | undefined {
  const codes = new Map(was.code.map((code) => [code.parameter, code]));
  const changed = node.code.find((code) => {
    const other = codes.get(code.parameter);
    return other?.digest !== code.digest || other.exportName !== code.exportName;
  });
  if (changed) return `the code of its ${changed.parameter} (${changed.module}) changed`;
  const gone = was.code.find(({ parameter }) => !node.code.some((code) => code.parameter === parameter));
  if (gone) return `it has no ${gone.parameter} any more`;
  if (was.parametersJson === node.parametersJson) return undefined;
  const [old, now] = [parsed(was), parsed(node)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  const differing = names.filter((name) => canonicalJson(old[name] ?? null) !== canonicalJson(now[name] ?? null));
  const [only] = differing;
  return differing.length === 1 && only !== undefined
    ? `its ${only} was ${canonicalJson(old[only] ?? null)} and is ${canonicalJson(now[only] ?? null)}`
    : `its ${differing.join(", ")} changed`;
}

function parsed({ parametersJson }: PlanNode): Readonly<Record<string, unknown>> {
  return JSON.parse(parametersJson) as Readonly<Record<string, unknown>>;
}
