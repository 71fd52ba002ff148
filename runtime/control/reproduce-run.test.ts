import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { firstDifference } from "../artifacts/mod.ts";
import type { ReproductionVerdict } from "../contracts/millrace/event/v1/event.ts";
import { RunKind } from "../contracts/millrace/event/v1/event.ts";
import { appendEvent, newEventId } from "../log/mod.ts";
import { Terminal } from "../model/mod.ts";
import { startTestRun } from "../testing/memory-stack.ts";
import type { TestWork } from "../testing/memory-stack.ts";
import { testPlan } from "../testing/plans.ts";
import { modelPlan, ModelStack } from "../testing/model-stack.ts";
import { judgeReproduction } from "./judge-reproduction.ts";
import { readOrigin } from "./origin.ts";
import { reproduceRun } from "./reproduce-run.ts";
import { requestCancel } from "./request-cancel.ts";
import { resumeRun } from "./resume-run.ts";

/** A name as long as one may be. */
const long = (name: string): string => name.padEnd(64, "_");

let stack: ModelStack;

afterEach(() => stack[Symbol.asyncDispose]());

function reproduce(run: string) {
  const { log, plans, store } = stack;
  return reproduceRun({ log, plans, has: (digest) => store.has(digest) }, { pipeline: "p", run });
}

/** What an ingest replica does about a run's outcome. */
async function judge(run: string, epoch = 0): Promise<ReproductionVerdict | undefined> {
  const { log, plans, store } = stack;
  const context = {
    log,
    plans,
    firstDifference: (was: { digest: string }, is: { digest: string }) => firstDifference(store, was.digest, is.digest),
  };
  return judgeReproduction(context, { pipeline: "p", run }, await stack.outcome(run, epoch));
}

async function startOf(run: string) {
  const [body] = await stack.bodies(stack.subjects.started("p", run));
  if (body?.$case !== "runStarted") throw new Error(`no start of ${run}`);
  return body.value;
}

describe("reproduceRun()", () => {
  it("repeats every node, from the same plan, dataset and seed, and finds every output equal", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    stack.worked.length = 0;
    const { run, of } = await reproduce("r1");
    expect(of).toBe("r1");
    expect(run).toMatch(/^[0-9a-f]{32}$/);
    const verdict = await judge(run);
    expect(verdict).toMatchObject({ originalRun: "r1", reproduced: true, environments: [], outputsOmitted: 0 });
    expect(verdict?.outputs.map(({ node, firstDifference: first }) => `${node}: ${first}`)).toEqual([
      "train: ",
      "describe: ",
      "validate: ",
      "push: ",
    ]);
    expect([...stack.worked].sort()).toEqual(["describe", "push", "train", "validate"]);
    for (const node of stack.worked) expect(await stack.journal(run, node)).toEqual(["claimed", "completed"]);
    const { planDigest, planEventId, dataset, seed } = await startOf("r1");
    expect(await startOf(run)).toMatchObject({
      planDigest,
      planEventId,
      dataset,
      seed,
      options: { kind: RunKind.RUN_KIND_REPRODUCTION, originRun: "r1", noCache: true, noEffects: true },
    });
  });

  it("neither blesses nor pushes", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const before = [
      await stack.bodies(stack.subjects.blessed("p")),
      await stack.bodies(stack.subjects.target("serving")),
    ];
    const { run } = await reproduce("r1");
    await stack.outcome(run);
    expect(stack.pushes).toHaveLength(1);
    expect([
      await stack.bodies(stack.subjects.blessed("p")),
      await stack.bodies(stack.subjects.target("serving")),
    ]).toEqual(before);
  });

  it("tells executors to act nowhere", async () => {
    const told: boolean[] = [];
    stack = await ModelStack.start({
      describe: async ({ noEffects }) => {
        told.push(noEffects);
        return { text: { text: "of anything" } };
      },
    });
    await stack.runOn("r1", "one");
    await stack.outcome((await reproduce("r1")).run);
    expect(told).toEqual([false, true]);
  });

  it("compares with the baseline that the original was compared with, whatever was blessed since", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    await stack.runOn("r2", "two");
    await stack.runOn("r3", "three");
    for (const original of ["r1", "r2"]) {
      const { run } = await reproduce(original);
      expect(await judge(run)).toMatchObject({ originalRun: original, reproduced: true });
    }
  });

  it("takes the pins of a run that reused its validation", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    await stack.runOn("r2", "one");
    await stack.runOn("r3", "two");
    expect(await stack.journal("r2", "validate")).toEqual(["completed"]);
    const { run } = await reproduce("r2");
    expect(await judge(run)).toMatchObject({ reproduced: true });
  });

  it("reproduces the original when it is asked for a reproduction", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const first = await reproduce("r1");
    const second = await reproduce(first.run);
    expect(second.of).toBe("r1");
    expect(second.run).not.toBe(first.run);
    expect(await judge(second.run)).toMatchObject({ originalRun: "r1", reproduced: true });
  });

  it("refuses a run that has not ended, naming what has not", async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    stack = await ModelStack.start({ train: () => gate.then(() => ({ model: { text: "late" } })) });
    await startTestRun(stack.log, stack.store, modelPlan, "r1", "one");
    await expect(reproduce("r1")).rejects.toMatchObject({
      code: "not-ended",
      message: expect.stringMatching(/^Cannot reproduce run r1: .*train, .*validate, push/),
    });
    open();
    await stack.outcome("r1");
  });

  it("refuses to start when the dataset is gone, naming it", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const { dataset } = await startOf("r1");
    rmSync(fileURLToPath(stack.store.uriOf(dataset?.digest ?? "")), { recursive: true });
    await expect(reproduce("r1")).rejects.toMatchObject({
      code: "artifact-missing",
      message: expect.stringContaining(`the dataset, artifact ${dataset?.digest}`),
    });
  });

  it("refuses to start when a pinned baseline is gone, naming the input", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    await stack.runOn("r2", "two");
    const [blessed] = await stack.bodies(stack.subjects.blessed("p"));
    const digest = blessed?.$case === "modelBlessed" ? (blessed.value.model?.digest ?? "") : "";
    rmSync(fileURLToPath(stack.store.uriOf(digest)), { recursive: true });
    await expect(reproduce("r2")).rejects.toMatchObject({
      code: "artifact-missing",
      message: expect.stringContaining(`the input baseline of node validate, artifact ${digest}`),
    });
  });

  it("refuses a run that never was", async () => {
    stack = await ModelStack.start();
    await expect(reproduce("nobody")).rejects.toMatchObject({ code: "unknown-run" });
  });
});

describe("judgeReproduction()", () => {
  let calls = 0;
  const everChanging: TestWork = async () => ({ text: { text: `written in call ${(calls += 1)}` } });

  it("names the file and the byte of a component that writes something else each time", async () => {
    calls = 0;
    stack = await ModelStack.start({ describe: everChanging });
    await stack.runOn("r1", "one");
    const { run } = await reproduce("r1");
    const verdict = await judge(run);
    expect(verdict?.reproduced).toBe(false);
    const differing = verdict?.outputs.filter(({ firstDifference: first }) => first !== "");
    expect(differing).toMatchObject([
      { node: "describe", output: "text", firstDifference: "file text: byte 16 was 0x31, is 0x32" },
    ]);
    expect(differing?.[0]?.was).not.toBe(differing?.[0]?.is);
  });

  it("says so when the original's bytes are gone", async () => {
    stack = await ModelStack.start({ describe: everChanging });
    await stack.runOn("r1", "one");
    const { run } = await reproduce("r1");
    await stack.outcome(run);
    const [, completed] = await stack.bodies(stack.subjects.journal("p", "r1", "describe", "describe"));
    const digest = completed?.$case === "completed" ? (completed.value.outputs[0]?.artifact?.digest ?? "") : "";
    rmSync(fileURLToPath(stack.store.uriOf(digest)), { recursive: true });
    const verdict = await judge(run);
    expect(verdict?.outputs.find(({ node }) => node === "describe")?.firstDifference).toContain(
      `the bytes of ${digest} are gone`,
    );
  });

  it("writes one verdict, however many replicas see the outcome and however often", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const { run } = await reproduce("r1");
    await Promise.all([judge(run), judge(run), judge(run)]);
    expect(await judge(run)).toBeUndefined();
    expect(await stack.bodies(stack.subjects.verdict("p", run))).toHaveLength(1);
  });

  it("heeds nothing that a stranger wrote on the verdict's or the outcome's subject", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    const { run } = await reproduce("r1");
    const outcome = await stack.outcome(run);
    const { log, subjects, plans } = stack;
    const value = {
      originalRun: "r1",
      reproduced: false,
      outputs: [],
      environments: [],
      outputsOmitted: 0,
      outcome: undefined,
    };
    const forged = { id: newEventId(), body: { $case: "reproductionVerdict" as const, value } };
    await appendEvent(log, subjects.verdict("p", run), forged);
    await log.append(subjects.outcome("p", run), outcome.data);
    expect(await judge(run)).toMatchObject({ reproduced: true });
    expect(await judge(run)).toBeUndefined();
    const { fold } = await readOrigin({ log, plans }, "p", run);
    expect(fold.verdict.state).toMatchObject({ reproduced: true });
  });

  it("judges no ordinary run", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    expect(await judge("r1")).toBeUndefined();
    expect(await stack.bodies(stack.subjects.verdict("p", "r1"))).toEqual([]);
  });

  it("says which node failed that had not, and judges anew when the reproduction was resumed", async () => {
    let fails = false;
    stack = await ModelStack.start({
      describe: async () => {
        if (fails) throw new Terminal("user-code", "no");
        return { text: { text: "fine" } };
      },
    });
    await stack.runOn("r1", "one");
    fails = true;
    const { run } = await reproduce("r1");
    expect((await judge(run))?.outputs.find(({ node }) => node === "describe")).toMatchObject({
      is: "",
      firstDifference: "describe completed in the original and failed (user-code) in the reproduction",
    });
    fails = false;
    await resumeRun(stack.log, stack.plans, { pipeline: "p", run, reason: "mended", plan: "same" });
    expect(await judge(run, 1)).toMatchObject({ reproduced: true });
    expect(await stack.bodies(stack.subjects.verdict("p", run))).toMatchObject([
      { value: { reproduced: false } },
      { value: { reproduced: true } },
    ]);
  });

  it("finds a failure reproduced that fails again with the same code", async () => {
    stack = await ModelStack.start({ train: () => Promise.reject(new Terminal("user-code", "bad column")) });
    await stack.runOn("r1", "one");
    const { run } = await reproduce("r1");
    const verdict = await judge(run);
    expect(verdict?.reproduced).toBe(true);
    expect(verdict?.outputs.find(({ node }) => node === "train")).toMatchObject({ was: "", is: "" });
  });

  it("leaves out what the original was kept from doing by a cancel", async () => {
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    let hangs = true;
    stack = await ModelStack.start({
      train: async ({ signal }) => {
        start();
        if (hangs) await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        return { model: { text: "model" } };
      },
    });
    await startTestRun(stack.log, stack.store, modelPlan, "r1", "one");
    await started;
    await requestCancel(stack.log, "p", "r1", "wrong data");
    await stack.outcome("r1");
    hangs = false;
    const { run } = await reproduce("r1");
    const verdict = await judge(run);
    expect(verdict?.outputs.map(({ node }) => node)).not.toContain("train");
  });

  it("keeps what differs when a large plan's outputs do not fit, and counts what it leaves out", async () => {
    calls = 0;
    const outputs = Array.from({ length: 100 }, (_, index) => long(`o${index}`));
    const wide = {
      component: "describe",
      inputs: { data: "source.dataset:Dataset" },
      outputs: Object.fromEntries(outputs.map((name) => [name, "Description"])),
    };
    const plan = testPlan("p", { [long("d0")]: wide, [long("d1")]: wide });
    stack = await ModelStack.start({
      describe: async ({ node }) =>
        Object.fromEntries(
          outputs.map((name) => [
            name,
            { text: node === long("d1") && name === long("o99") ? `call ${(calls += 1)}` : "same" },
          ]),
        ),
    });
    await stack.runOn("r1", "one", plan);
    const { run } = await reproduce("r1");
    const verdict = await judge(run);
    expect(verdict?.reproduced).toBe(false);
    expect(verdict?.outputs[0]).toMatchObject({ node: long("d1"), output: long("o99") });
    expect(verdict?.outputsOmitted).toBeGreaterThan(0);
    expect((verdict?.outputs.length ?? 0) + (verdict?.outputsOmitted ?? 0)).toBe(200);
    expect(await stack.bodies(stack.subjects.verdict("p", run))).toHaveLength(1);
  });

  it("says where nodes ran if that has changed", async () => {
    stack = await ModelStack.start();
    await stack.runOn("r1", "one");
    await stack.startAgents("tensorflow");
    const { run } = await reproduce("r1");
    const verdict = await judge(run);
    expect(verdict?.reproduced).toBe(true);
    expect(verdict?.environments.map(({ node, was, is }) => [node, was?.backend, is?.backend])).toEqual(
      ["train", "describe", "validate", "push"].map((node) => [node, "", "tensorflow"]),
    );
  });
});
