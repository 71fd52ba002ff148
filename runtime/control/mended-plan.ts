import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { canonicalJson, Terminal } from "../model/mod.ts";
import { type PlanChange, planDifference } from "../pipeline/mod.ts";

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
  const changes = planDifference(before, after);
  const graph = changes.find(({ what }) => what === "node" || what === "wiring");
  if (graph !== undefined)
    throw refusal(
      "graph-changed",
      run,
      `${graphSentence(graph)}. Publish the dataset again for a run of the new graph`,
    );
  if (before.seed !== after.seed && finished.size > 0)
    throw refusal("seed-changed", run, `its seed was ${before.seed} and is ${after.seed} now`);
  const work = changes.find(({ node, what }) => what !== "option" && finished.has(node));
  if (work === undefined) return;
  const sentence = `node "${work.node}" has finished, and ${workClause(work)} since`;
  const wayOut = `\`millrace fork ${run} --from ${work.node}\` runs it anew, in a new run`;
  throw refusal("finished-node-changed", run, `${sentence}. ${wayOut}`);
}

function refusal(code: string, run: string, what: string): Terminal {
  return new Terminal(
    code,
    `Cannot resume run ${run} with the pipeline as it is now: ${what}. \`millrace resume ${run} --plan same\` goes on with the plan as it was`,
    { field: "plan" },
  );
}

function graphSentence({ node, what, name, was, is }: PlanChange): string {
  if (what === "node") return is === null ? `node "${node}" is gone` : `node "${node}" is new`;
  return `node "${node}" is wired otherwise: its ${name} was ${text(was)} and is ${text(is)}`;
}

function workClause({ what, name, was, is }: PlanChange): string {
  if (what === "code") return `the code of its ${name} changed`;
  return `its ${name} was ${text(was)} and is ${text(is)}`;
}

function text(value: PlanChange["was"]): string {
  return value === null ? "not there" : canonicalJson(value);
}
