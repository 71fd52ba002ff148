import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { storePlan } from "../artifacts/mod.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { Terminal } from "../model/mod.ts";
import { standardDeclarations } from "../pipeline/mod.ts";
import { testPlan } from "../testing/plans.ts";
import { modelPlan, ModelStack } from "../testing/model-stack.ts";
import { forkRun } from "./fork-run.ts";
import type { ForkRequest } from "./fork-run.ts";
import { registerPipeline } from "./register-pipeline.ts";
import { resumeRun } from "./resume-run.ts";

let stack: ModelStack;

afterEach(() => stack[Symbol.asyncDispose]());

function fork(run: string, request: Omit<ForkRequest, "pipeline" | "run">) {
  const { log, plans, store } = stack;
  const context = {
    log,
    plans,
    has: (digest: string) => store.has(digest),
    commitPlan: (bytes: Uint8Array) => storePlan(store, bytes),
    declarationOf: (component: string) => standardDeclarations.get(component),
  };
  return forkRun(context, { pipeline: "p", run, ...request });
}

async function outputOf(run: string, node: string) {
  for (const body of await stack.bodies(stack.subjects.journal("p", run, node, node)))
    if (body.$case === "completed") return body.value.outputs[0]?.artifact;
  throw new Error(`${node} of ${run} has not completed`);
}

async function outcomeOf(run: string, epoch = 0): Promise<string | undefined> {
  await stack.outcome(run, epoch);
  return (await stack.bodies(stack.subjects.outcome("p", run))).at(-1)?.$case;
}

/** The model plan with nodes put in another's place. */
function planWith(nodes: Readonly<Record<string, Partial<Plan["nodes"][number]>>>, more: Partial<Plan> = {}): Plan {
  return { ...modelPlan, ...more, nodes: modelPlan.nodes.map((node) => ({ ...node, ...nodes[node.name] })) };
}

describe("forkRun()", () => {
  it("takes what is neither the node nor downstream of it, without claims, and runs the rest", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    stack.worked.length = 0;
    const forked = await fork("r1", { from: "validate", set: [{ node: "push", parameter: "to", value: "elsewhere" }] });
    expect(forked).toMatchObject({ of: "r1", from: "validate", taken: ["train", "describe"] });
    expect(await outcomeOf(forked.run)).toBe("runSucceeded");
    expect(await stack.journal(forked.run, "train")).toEqual(["completed"]);
    const [taken] = await stack.bodies(stack.subjects.journal("p", forked.run, "train", "train"));
    expect(taken).toMatchObject({
      value: { reused: { run: "r1", node: "train" }, outputs: [{ artifact: await outputOf("r1", "train") }] },
    });
    expect(stack.worked).toEqual(["push"]);
  });

  it("changes nothing when nothing is set: what was not taken is reused, and only the pusher stages", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    await stack.runOn("r2", "two");
    stack.worked.length = 0;
    const forked = await fork("r1", { from: "train" });
    expect(forked.changed).toEqual([]);
    await stack.outcome(forked.run);
    expect(stack.worked).toEqual(["push"]);
    for (const node of ["train", "validate", "push"])
      expect(await outputOf(forked.run, node), node).toMatchObject({ digest: (await outputOf("r1", node))?.digest });
    expect(stack.pushes).toHaveLength(2);
  });

  it("runs the plan with a changed parameter, which is stored and not registered", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    stack.worked.length = 0;
    const set = [{ node: "train", parameter: "epochs", value: "9" }];
    const forked = await fork("r1", { from: "train", set });
    expect(forked.changed).toEqual([{ node: "train", what: "parameter", name: "epochs", was: 3, is: 9 }]);
    await stack.outcome(forked.run);
    expect(stack.worked).toContain("train");
    const [started] = await stack.bodies(stack.subjects.started("p", forked.run));
    expect(started).toMatchObject({ value: { planEventId: "", planSequence: 0n } });
    expect(await stack.bodies(stack.subjects.pipeline("p"))).toHaveLength(1);
  });

  it("neither blesses nor pushes unless asked to", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const set = [{ node: "train", parameter: "epochs", value: "9" }];
    await stack.outcome((await fork("r1", { from: "train", set })).run);
    expect(await stack.bodies(stack.subjects.blessed("p"))).toHaveLength(1);
    expect(stack.pushes).toHaveLength(1);
  });

  it("blesses against today's baseline and pushes when asked to", async () => {
    let trained = 0;
    stack = await ModelStack.start({ train: async () => ({ model: { text: `model ${(trained += 1)}` } }) });
    await stack.runOn("r1", "one");
    await stack.runOn("r2", "two");
    const set = [{ node: "train", parameter: "epochs", value: "9" }];
    const forked = await fork("r1", { from: "train", set, push: true });
    await stack.outcome(forked.run);
    const blessed = await stack.bodies(stack.subjects.blessed("p"));
    expect(blessed.at(-1)).toMatchObject({
      value: { run: forked.run, baselineDigest: (await outputOf("r2", "train"))?.digest },
    });
    expect(stack.pushes).toHaveLength(3);
  });

  it("takes what a failed run finished, and runs what it did not", async () => {
    let fails = true;
    stack = await ModelStack.start({
      validate: async () => {
        if (fails) throw new Terminal("user-code", "no");
        return { blessing: { text: "fine", properties: { blessed: "1" } } };
      },
    });
    await stack.runOn("r1", "one");
    fails = false;
    stack.worked.length = 0;
    const forked = await fork("r1", { from: "push" });
    expect(forked.taken).toEqual(["train", "describe"]);
    expect(await outcomeOf(forked.run)).toBe("runSucceeded");
    expect(stack.worked).toEqual(["validate", "push"]);
  });

  it("fails a taken node whose bytes went after the start, naming them, and runs nothing in its stead", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const artifact = await outputOf("r1", "describe");
    const has = stack.store.has.bind(stack.store);
    stack.store.has = async (digest) => {
      const there = await has(digest);
      if (digest === artifact?.digest)
        rmSync(fileURLToPath(stack.store.uriOf(digest)), { recursive: true, force: true });
      return there;
    };
    stack.worked.length = 0;
    const forked = await fork("r1", { from: "push" });
    expect(await outcomeOf(forked.run)).toBe("runFailed");
    const [, failed] = await stack.bodies(stack.subjects.journal("p", forked.run, "describe", "describe"));
    expect(failed).toMatchObject({
      $case: "failed",
      value: {
        failure: {
          code: "artifact-missing",
          message: expect.stringMatching(/^Cannot take node describe from run r1: .*output text \(sha256:.* gone/),
        },
      },
    });
    expect(stack.worked).not.toContain("describe");
  });

  it("refuses to start when bytes that it would take are gone, naming the output", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const digest = (await outputOf("r1", "train"))?.digest ?? "";
    rmSync(fileURLToPath(stack.store.uriOf(digest)), { recursive: true });
    await expect(fork("r1", { from: "push" })).rejects.toMatchObject({
      code: "artifact-missing",
      message: expect.stringContaining(`the output model of node train, artifact ${digest}`),
    });
  });

  it("takes a fork's nodes from the execution behind them", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const first = await fork("r1", { from: "push" });
    await stack.outcome(first.run);
    const second = await fork(first.run, { from: "push" });
    await stack.outcome(second.run);
    const [taken] = await stack.bodies(stack.subjects.journal("p", second.run, "train", "train"));
    expect(taken).toMatchObject({ value: { reused: { run: "r1", node: "train" } } });
  });

  it("refuses to push by a blessing that was given without effect", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const first = await fork("r1", { from: "train" });
    await stack.outcome(first.run);
    await expect(fork(first.run, { from: "push", push: true })).rejects.toMatchObject({
      code: "blessing-without-effect",
      message: expect.stringContaining("Fork from validate or from before it"),
    });
  });

  it("keeps its plan when it is resumed, whatever the pipeline's current plan is", async () => {
    let fails = true;
    stack = await ModelStack.start({
      train: async () => {
        if (fails) throw new Terminal("user-code", "no");
        return { model: { text: "model" } };
      },
    });
    await stack.runOn("r1", "one");
    const forked = await fork("r1", { from: "train", set: [{ node: "train", parameter: "epochs", value: "9" }] });
    await stack.outcome(forked.run);
    const current = planWith({ train: { parametersJson: '{"epochs":4,"label":"species"}' } });
    await registerPipeline(stack.log, current, () => Promise.reject(new Error("not that large")));
    fails = false;
    const resumed = await resumeRun(stack.log, stack.plans, {
      pipeline: "p",
      run: forked.run,
      reason: "",
      plan: "current",
    });
    expect(resumed.planChanged).toBe(false);
    expect(await outcomeOf(forked.run, 1)).toBe("runSucceeded");
  });
});

describe("forkRun() with another plan", () => {
  const code = [{ parameter: "model", digest: `sha256:${"0".repeat(64)}`, exportName: "model", module: "./model.ts" }];

  it("refuses a change that does not follow the node, naming where it is", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    await expect(fork("r1", { from: "validate", plan: planWith({ train: { code } }) })).rejects.toMatchObject({
      code: "change-upstream",
      message:
        "Cannot fork run r1 from validate: only validate and what follows it may change, and node train does not follow it: its code model differs. Fork from train instead",
    });
  });

  it("refuses code that is not in the store, naming the function", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const plan = planWith({ train: { code } });
    await expect(fork("r1", { from: "train", plan })).rejects.toMatchObject({
      code: "artifact-missing",
      message: expect.stringContaining("function model of node train"),
    });
  });

  it("allows options that change no bytes to differ anywhere", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const forked = await fork("r1", { from: "push", plan: planWith({ train: { cache: false } }) });
    expect(forked.changed).toEqual([{ node: "train", what: "option", name: "cache", was: true, is: false }]);
    expect(forked.taken).toContain("train");
    expect(await outcomeOf(forked.run)).toBe("runSucceeded");
  });

  it("follows another graph below the node", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const without = { ...modelPlan, nodes: modelPlan.nodes.filter(({ name }) => name !== "push") };
    const forked = await fork("r1", { from: "validate", plan: without });
    expect(forked.changed).toEqual([{ node: "push", what: "node", name: "push", was: "push", is: null }]);
    expect(await outcomeOf(forked.run)).toBe("runSucceeded");
  });

  it.each([
    ["another pipeline", testPlan("q", {}), "it must be of pipeline p"],
    ["another seed", planWith({}, { seed: 8n }), "the pipeline's seed must stay 7, and is 8"],
  ])("refuses %s", async (_what, plan, words) => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const refused = fork("r1", { from: "train", plan });
    await expect(refused).rejects.toMatchObject({ code: "change-upstream" });
    await expect(refused).rejects.toThrow(words.replace("it must", "its plan must"));
  });

  it("refuses a node that is not there, listing those that are", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    await expect(fork("r1", { from: "trian" })).rejects.toMatchObject({
      code: "unknown-node",
      message: 'Cannot fork run r1: pipeline p has no node "trian", only train, describe, validate, push',
    });
  });
});
