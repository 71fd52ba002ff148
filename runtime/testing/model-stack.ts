import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryStore, planReader } from "../artifacts/mod.ts";
import type { Agent } from "../component/agent/agent.ts";
import type { Event } from "../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { createPlans } from "../driver/mod.ts";
import type { Plans } from "../driver/mod.ts";
import { decodeEvent } from "../journal/mod.ts";
import { MemoryLog, subjectsOf } from "../log/mod.ts";
import type { LogEntry } from "../log/mod.ts";
import { startTestAgent, startTestRun } from "./memory-stack.ts";
import type { TestComponent, TestWork } from "./memory-stack.ts";
import { testPlan } from "./plans.ts";

type Body = NonNullable<Event["body"]>;

/** A chain from a dataset to a pushed model, with a node beside it: what runs derived from runs are tested on. */
export const modelPlan: Plan = testPlan("p", {
  train: {
    inputs: { data: "source.dataset:Dataset" },
    outputs: { model: "Model" },
    parametersJson: '{"epochs":3,"label":"species"}',
  },
  describe: { inputs: { data: "source.dataset:Dataset" }, outputs: { text: "Description" } },
  validate: {
    inputs: { model: "train.model:Model", baseline: "@last-blessed-model:Model" },
    outputs: { blessing: "ModelBlessing" },
    externalEffects: true,
  },
  push: {
    inputs: { model: "train.model:Model", blessing: "validate.blessing:ModelBlessing" },
    outputs: { pushed: "PushedModel" },
    externalEffects: true,
    cache: false,
    parametersJson: '{"to":"serving"}',
  },
});

/** Agents of that chain over a log in memory, whose work a test may replace, and what became of it. */
export class ModelStack implements AsyncDisposable {
  readonly log = new MemoryLog();
  readonly subjects = subjectsOf("mr");
  readonly store: DirectoryStore;
  readonly plans: Plans;
  /** Versions pushed. */
  readonly pushes: number[] = [];
  /** Nodes in the order in which they were worked on. */
  readonly worked: string[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), "model-stack-"));
  #agents: readonly Agent[] = [];

  private constructor() {
    this.store = new DirectoryStore(this.#directory);
    this.plans = createPlans(this.log, planReader(this.store));
  }

  /** @param works Work of nodes that do something else than usual, by component. */
  static async start(works: Readonly<Record<string, TestWork>> = {}): Promise<ModelStack> {
    const stack = new ModelStack();
    await stack.startAgents("", works);
    return stack;
  }

  /** Starts agents in the place of those that run, on another backend. */
  async startAgents(backend: string, works: Readonly<Record<string, TestWork>> = {}): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.drain(0)));
    const started = Object.entries(this.#components()).map(async ([name, component]) => {
      const work: TestWork = (call) => {
        this.worked.push(call.node);
        return (works[name] ?? component.work)(call);
      };
      return (await startTestAgent(this.log, this.store, name, { ...component, work }, { backend })).agent;
    });
    this.#agents = await Promise.all(started);
  }

  #components(): Readonly<Record<string, TestComponent>> {
    return {
      train: { inputs: ["Dataset"], work: async ({ inputs }) => ({ model: { text: `model of ${inputs["data"]}` } }) },
      describe: { inputs: ["Dataset"], work: async ({ inputs }) => ({ text: { text: `of ${inputs["data"]}` } }) },
      validate: {
        inputs: ["Model"],
        effect: "bless",
        work: async ({ inputs: { model, baseline } }) => ({
          blessing: { text: `${model} beside ${baseline ?? "none"}`, properties: { blessed: "1" } },
        }),
      },
      push: {
        inputs: ["Model", "ModelBlessing"],
        effect: "push",
        work: async ({ inputs, push }) => {
          if (push !== undefined) this.pushes.push(push);
          const properties = { pushed: push === undefined ? "0" : "1" };
          return { pushed: { text: `pushed ${inputs["model"]}`, properties } };
        },
      },
    };
  }

  /** Starts a run on a dataset of the given text, and waits for its end. */
  async runOn(run: string, text: string, plan: Plan = modelPlan): Promise<void> {
    await startTestRun(this.log, this.store, plan, run, text);
    await this.outcome(run);
  }

  /** Waits for a run's outcome in an epoch. */
  async outcome(run: string, epoch = 0): Promise<LogEntry> {
    const stop = new AbortController();
    for await (const entry of this.log.follow([this.subjects.outcome("p", run)], { signal: stop.signal })) {
      const body = decodeEvent(entry.data)?.body;
      if (body === undefined || !("epoch" in body.value) || body.value.epoch !== epoch) continue;
      stop.abort();
      return entry;
    }
    throw new Error("the log ended");
  }

  /** Bodies of all messages on subjects that match. */
  async bodies(filter: string): Promise<readonly Body[]> {
    const found: Body[] = [];
    for await (const entry of this.log.read([filter])) {
      const body = decodeEvent(entry.data)?.body;
      if (body) found.push(body);
    }
    return found;
  }

  /** Kinds of a node's journal's messages. */
  async journal(run: string, node: string): Promise<readonly string[]> {
    return (await this.bodies(this.subjects.journal("p", run, node, node))).map(({ $case }) => $case);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.drain(0)));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
