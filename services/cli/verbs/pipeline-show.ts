import type { NodeInput, PlanNode } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { Terminal } from "millrace/model";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { moment } from "../print/values.ts";
import { sequenceAt } from "../read/moment.ts";
import { readRegisteredPlans } from "../read/registered-plans.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

/** Shows a pipeline's current plan. */
export async function pipelineShow(
  invocation: Invocation,
  { at }: ReadOptions,
  [name = ""]: readonly string[],
): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const atSequence = await sequenceAt(session.log, at, invocation);
  const all = await readRegisteredPlans(session.log, storeOf(invocation.data), atSequence);
  const registered = all.find(({ pipeline }) => pipeline === name);
  if (registered === undefined) {
    const known = all.map(({ pipeline }) => pipeline).join(", ") || "none";
    throw new Terminal(
      "unknown-pipeline",
      `Cannot show pipeline "${name}": there is none of that name (known: ${known})`,
    );
  }
  const { version, planDigest, plan, sequence, registeredAt } = registered;
  const dataset = plan.trigger?.dataset ?? "";
  const nodes = plan.nodes.map(nodeView);
  if (invocation.json) {
    const view = {
      pipeline: name,
      version,
      planDigest,
      dataset,
      seed: Number(plan.seed),
      sequence,
      registeredAt,
    };
    invocation.print(JSON.stringify({ atSequence, ...view, nodes }));
    return exitCode.done;
  }
  invocation.print(
    `${name}, version ${version} of ${moment(registeredAt)}, on dataset ${dataset}, plan ${planDigest}\n`,
  );
  const rows = nodes.map(({ node, component, inputs, parameters }) => [
    node,
    component,
    inputs.map((input) => `${input.name} ← ${input.from}`).join("\n"),
    JSON.stringify(parameters),
  ]);
  invocation.print(printTable(["node", "component", "inputs", "parameters"], rows));
  return exitCode.done;
}

function nodeView(node: PlanNode) {
  return {
    node: node.name,
    component: node.component,
    inputs: node.inputs.map(({ name, type, optional, source }) => ({ name, type, optional, from: fromOf(source) })),
    outputs: node.outputs.map(({ name, type, optional }) => ({ name, type, optional })),
    parameters: JSON.parse(node.parametersJson) as unknown,
    code: node.code.map(({ parameter, module, exportName, digest }) => ({ parameter, module, exportName, digest })),
    cache: node.cache,
    attemptsMax: node.retry?.attemptsMax ?? 0,
    backoffMinMs: Number(node.retry?.backoffMinMs ?? 0n),
    backoffMaxMs: Number(node.retry?.backoffMaxMs ?? 0n),
    attemptTimeoutMs: Number(node.attemptTimeoutMs),
    nodeTimeoutMs: Number(node.nodeTimeoutMs) || null,
  };
}

function fromOf(source: NodeInput["source"]): string {
  if (source?.$case === "output") return `${source.value.node}.${source.value.output}`;
  return source?.$case === "resolver" ? source.value.name : "";
}
