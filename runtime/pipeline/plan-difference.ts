import type { NodeInput, Plan, PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { canonicalJson, type Json } from "../model/mod.ts";

/** One difference between two plans. */
export interface PlanChange {
  readonly node: string;
  /** `node`: it is in one plan only; `wiring`: its component, inputs or outputs; `option`: nothing that can change bytes. */
  readonly what: "parameter" | "code" | "option" | "wiring" | "node";
  /** Of the parameter, function or option. */
  readonly name: string;
  /** What it was and is; null if it was or is not there. */
  readonly was: Json;
  readonly is: Json;
}

/** What differs from one plan to another, node by node, in the order of the first and then of the second. Pure. */
export function planDifference(was: Plan, is: Plan): readonly PlanChange[] {
  const before = new Map(was.nodes.map((node) => [node.name, node]));
  const after = new Map(is.nodes.map((node) => [node.name, node]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) =>
    nodeDifference(name, before.get(name), after.get(name)),
  );
}

function nodeDifference(node: string, was: PlanNode | undefined, is: PlanNode | undefined): readonly PlanChange[] {
  if (was === undefined || is === undefined)
    return [{ node, what: "node", name: node, was: was?.component ?? null, is: is?.component ?? null }];
  const parts = [
    ["wiring", wiringOf],
    ["parameter", parametersOf],
    ["code", codeOf],
    ["option", optionsOf],
  ] as const;
  return parts.flatMap(([what, partOf]) =>
    memberDifference(partOf(was), partOf(is)).map(({ name, was: before, is: after }) => ({
      node,
      what,
      name,
      was: before,
      is: after,
    })),
  );
}

type Members = Readonly<Record<string, Json>>;

/** The members that differ between two records, null standing for one that is not there. */
export function memberDifference(was: Members, is: Members): readonly Pick<PlanChange, "name" | "was" | "is">[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .map((name) => ({ name, was: was[name] ?? null, is: is[name] ?? null }))
    .filter((member) => canonicalJson(member.was) !== canonicalJson(member.is));
}

/** A node's parameters, as its component was given them. */
export function parametersOf({ parametersJson }: PlanNode): Members {
  return JSON.parse(parametersJson || "{}") as Members;
}

/** Bundles of a node's user functions with the exports called in them, by parameter. */
export function codeOf({ code }: PlanNode): Members {
  return Object.fromEntries(code.map(({ parameter, digest, exportName }) => [parameter, `${digest}#${exportName}`]));
}

function wiringOf({ component, inputs, outputs }: PlanNode): Members {
  return {
    component,
    ...Object.fromEntries(inputs.map((input) => [`input ${input.name}`, sourceOf(input)])),
    ...Object.fromEntries(outputs.map(({ name, type }) => [`output ${name}`, type])),
  };
}

function sourceOf({ source }: NodeInput): string {
  if (source?.$case === "resolver") return source.value.name;
  return source ? `${source.value.node}.${source.value.output}` : "";
}

function optionsOf({ cache, retry, attemptTimeoutMs, nodeTimeoutMs }: PlanNode): Members {
  return {
    cache,
    attemptsMax: retry?.attemptsMax ?? 0,
    backoffMinMs: Number(retry?.backoffMinMs ?? 0n),
    backoffMaxMs: Number(retry?.backoffMaxMs ?? 0n),
    attemptTimeoutMs: Number(attemptTimeoutMs),
    nodeTimeoutMs: Number(nodeTimeoutMs),
  };
}
