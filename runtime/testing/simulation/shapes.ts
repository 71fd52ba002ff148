import type { CodeReference, Plan, PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import { digestOf } from "../../model/mod.ts";
import type { ExternalEffect } from "../../pipeline/mod.ts";
import { testPlan } from "../plans.ts";
import type { TestNode } from "../plans.ts";
import type { Random } from "./random.ts";
import type { Behaviour } from "./work.ts";

/** A node of a simulated plan. */
interface SimulatedNode extends Omit<TestNode, "parametersJson"> {
  readonly behaviour: Behaviour;
  /** Outputs that may be left out. */
  readonly optionalOutputs?: boolean;
}

/** Names of the shapes that plans have. */
export const shapeNames = ["chain", "join", "failing", "shared", "validated", "cached"] as const;
export type ShapeName = (typeof shapeNames)[number];

/** Pipelines that run side by side on one dataset, and what their components do outside. */
export interface Shape {
  readonly name: ShapeName;
  readonly plans: readonly Plan[];
  readonly effects: Readonly<Record<string, ExternalEffect>>;
}

const attemptTimeoutMs = 150_000n;

/** Draws a small plan of a shape. */
export function drawShape(name: ShapeName, random: Random, workMs?: number): Shape {
  const work = (more: Partial<Behaviour> = {}): Behaviour => ({ role: "plain", ms: workMs ?? drawMs(random), ...more });
  const cache = random.chance(0.5);
  const plain = (inputs: Readonly<Record<string, string>>, type: string, more: Partial<SimulatedNode> = {}) => ({
    inputs,
    outputs: { out: type },
    cache,
    behaviour: work(),
    ...more,
  });
  const source = { data: "source.dataset:Dataset" };
  switch (name) {
    case "chain":
      return shape(name, {
        a: plain(source, "A"),
        b: plain({ a: "a.out:A" }, "B", { cache: random.chance(0.5) }),
        ...(random.chance(0.4) ? { c: plain({ b: "b.out:B" }, "C") } : {}),
      });
    case "join": {
      const omits = random.chance(0.5);
      return shape(name, {
        a: plain(source, "A"),
        b: plain(source, "B", { behaviour: work({ omits }), optionalOutputs: true }),
        j: plain({ a: "a.out:A", b: random.chance(0.7) ? "b.out:B?" : "b.out:B" }, "J"),
      });
    }
    case "failing": {
      const fails = random.pick(["terminal", "retryable"] as const);
      const failsTimes = random.pick([1, 2, 99]);
      return shape(name, {
        f: plain(source, "F", { behaviour: work({ fails, failsTimes }), attemptsMax: random.between(1, 4) }),
        g: plain({ f: "f.out:F" }, "G"),
        ...(random.chance(0.6) ? { h: plain({ data: "source.dataset:Dataset", f: "f.out:F?" }, "H") } : {}),
      });
    }
    case "shared":
      return shape(name, {
        one: plain(source, "A", { component: "a" }),
        two: plain({ data: "one.out:A" }, "A", { component: "a", behaviour: work() }),
        three: plain({ data: "one.out:A", more: "two.out:A" }, "C", { component: "c" }),
      });
    case "validated":
      return validated(random, work);
    case "cached": {
      const nodes = { a: plain(source, "A", { cache: true }), b: plain({ a: "a.out:A" }, "B", { cache: true }) };
      const first = shape(name, nodes);
      const second = planOf("q", nodes, "code", random.chance(0.6) ? { b: "other code" } : {});
      return { ...first, plans: [...first.plans, second] };
    }
  }
}

/** Trainer, validator and pusher, in one or two pipelines that push to one destination. */
function validated(random: Random, work: (more?: Partial<Behaviour>) => Behaviour): Shape {
  const nodes: Readonly<Record<string, SimulatedNode>> = {
    train: {
      inputs: { data: "source.dataset:Dataset" },
      outputs: { model: "Model" },
      cache: random.chance(0.5),
      behaviour: work({ role: "train" }),
    },
    validate: {
      inputs: { model: "train.model:Model", baseline: "@last-blessed-model:Model" },
      outputs: { blessing: "ModelBlessing" },
      cache: random.chance(0.5),
      behaviour: work({ role: "validate" }),
    },
    push: {
      inputs: { model: "train.model:Model", blessing: "validate.blessing:ModelBlessing" },
      outputs: { pushed: "PushedModel" },
      cache: false,
      externalEffects: true,
      attemptsMax: 5,
      behaviour: work({ role: "push", to: "target" }),
    },
  };
  return { ...shape("validated", nodes), effects: { validate: "bless", push: "push" } };
}

function shape(name: ShapeName, nodes: Readonly<Record<string, SimulatedNode>>): Shape {
  return { name, plans: [planOf("p", nodes, "code")], effects: {} };
}

function planOf(
  pipeline: string,
  nodes: Readonly<Record<string, SimulatedNode>>,
  codeText: string,
  codeOf: Readonly<Record<string, string>> = {},
): Plan {
  const plan = testPlan(
    pipeline,
    Object.fromEntries(
      Object.entries(nodes).map(([name, { behaviour, ...node }]) => [
        name,
        { backoffMs: 1_000, attemptsMax: 4, ...node, parametersJson: JSON.stringify(behaviour) },
      ]),
    ),
  );
  return { ...plan, nodes: plan.nodes.map((node) => finish(node, nodes[node.name], codeOf[node.name] ?? codeText)) };
}

function finish(node: PlanNode, given: SimulatedNode | undefined, codeText: string): PlanNode {
  if (given === undefined) return node;
  const code: CodeReference = { parameter: "work", module: "work.ts", exportName: "work", digest: digestOf(codeText) };
  const outputs = node.outputs.map((output) => ({ ...output, optional: given.optionalOutputs === true }));
  const retry = node.retry && { ...node.retry, backoffMaxMs: 20_000n };
  return { ...node, outputs, retry, code: [code], attemptTimeoutMs };
}

/** Mostly short work; some longer than a lease. */
function drawMs(random: Random): number {
  return random.chance(0.8) ? random.between(20, 3_000) : random.pick([12_000, 34_000, 70_000]);
}
