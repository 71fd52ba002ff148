import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryStore } from "../artifacts/mod.ts";
import type { Agent } from "../component/agent/agent.ts";
import type { Event } from "../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { createPlans, type Plans } from "../driver/mod.ts";
import { decodeEvent } from "../journal/mod.ts";
import { MemoryLog, subjectsOf } from "../log/mod.ts";
import { Terminal } from "../model/mod.ts";
import { startTestAgent, startTestRun, type TestComponent } from "../testing/memory-stack.ts";
import { testPlan, testPlanDigest } from "../testing/plans.ts";
import { registerPipeline } from "./register-pipeline.ts";
import { requestCancel } from "./request-cancel.ts";
import { resumeRun } from "./resume-run.ts";

const subjects = subjectsOf("mr");
const noArtifact = (): Promise<never> => Promise.reject(new Error("no plan is that large here"));

let directory: string;
let store: DirectoryStore;
let log: MemoryLog;
let plans: Plans;
let agents: Agent[];
/** What b's work does; each test says. */
let workOfB: TestComponent["work"];
/** Nodes in the order in which they were worked on. */
let worked: string[];

const copy: TestComponent["work"] = async ({ node, inputs }) => {
  worked.push(node);
  return { out: { text: `${node} of ${Object.values(inputs).join(" and ")}` } };
};
const throwBadColumn: TestComponent["work"] = () => Promise.reject(new Terminal("user-code", "bad column"));

/** a → b → c, with parameters. */
function chainPlan(parameters: { readonly a?: object; readonly b?: object } = {}): Plan {
  return testPlan("p", {
    a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" }, ...withParameters(parameters.a) },
    b: { inputs: { a: "a.out:A" }, outputs: { out: "B" }, ...withParameters(parameters.b) },
    c: { inputs: { a: "a.out:A", b: "b.out:B" }, outputs: { out: "C" } },
  });
}

function withParameters(parameters: object | undefined) {
  return parameters === undefined ? {} : { parametersJson: JSON.stringify(parameters) };
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "resume-"));
  store = new DirectoryStore(directory);
  log = new MemoryLog();
  plans = createPlans(log, noArtifact);
  worked = [];
  workOfB = throwBadColumn;
  const components: Readonly<Record<string, TestComponent>> = {
    a: { inputs: ["Dataset"], work: copy },
    b: { inputs: ["A"], work: (call) => workOfB(call) },
    c: { inputs: ["A", "B"], work: copy },
  };
  agents = [];
  for (const [name, component] of Object.entries(components))
    agents.push((await startTestAgent(log, store, name, component)).agent);
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.drain(0)));
  rmSync(directory, { recursive: true, force: true });
});

type Body = NonNullable<Event["body"]>;

/** Waits for the run's outcome in an epoch. */
async function outcome(epoch: number): Promise<Body> {
  const stop = new AbortController();
  for await (const entry of log.follow([subjects.outcome("p", "r")], { signal: stop.signal })) {
    const body = decodeEvent(entry.data)?.body;
    if (body === undefined || !("epoch" in body.value) || body.value.epoch !== epoch) continue;
    stop.abort();
    return body;
  }
  throw new Error("the log ended");
}

/** The run's messages behind a sequence, as "node: kind". */
async function storyFrom(from: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const entry of log.read([subjects.filters.run("p", "r")], { from })) {
    const [, , , , , node] = entry.subject.split(".");
    lines.push(`${node}: ${decodeEvent(entry.data)?.body?.$case}`);
  }
  return lines;
}

const same = { pipeline: "p", run: "r", reason: "mended", plan: "same" } as const;
const current = { ...same, plan: "current" } as const;

/** A run that failed at b, so that c was skipped. */
async function failedRun(plan: Plan = chainPlan()): Promise<void> {
  await startTestRun(log, store, plan, "r", "hello");
  expect((await outcome(0)).$case).toBe("runFailed");
}

describe("resumeRun()", () => {
  it("opens again what failed and was skipped, and touches nothing that completed", async () => {
    await failedRun();
    workOfB = copy;
    const resumed = await resumeRun(log, plans, same);
    expect(resumed).toMatchObject({ epoch: 1, nodes: ["b", "c"], planChanged: false });
    expect((await outcome(1)).$case).toBe("runSucceeded");
    expect(worked).toEqual(["a", "b", "c"]);
    const story = await storyFrom(resumed.sequence);
    expect(story.filter((line) => line.startsWith("a:"))).toEqual([]);
    expect(story).toContain("b: artifactProduced");
    const last = decodeEvent((await log.leaderLastOf(subjects.control("p", "r")))?.data ?? new Uint8Array());
    expect(last?.body).toMatchObject({ $case: "resumed", value: { reason: "mended", plan: undefined } });
  });

  it("counts attempts anew, and ends in a failure of its own epoch", async () => {
    await failedRun();
    await resumeRun(log, plans, same);
    expect(await outcome(1)).toMatchObject({ $case: "runFailed", value: { node: "b", epoch: 1 } });
    expect((await resumeRun(log, plans, same)).epoch).toBe(2);
    expect(await outcome(2)).toMatchObject({ $case: "runFailed", value: { node: "b", epoch: 2 } });
  });

  it("goes on with a run that was cancelled", async () => {
    const begun = Promise.withResolvers<void>();
    workOfB = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("stopped")));
        begun.resolve();
      });
    await startTestRun(log, store, chainPlan(), "r", "hello");
    await begun.promise;
    await requestCancel(log, "p", "r", "enough");
    expect((await outcome(0)).$case).toBe("runCancelled");
    workOfB = copy;
    await resumeRun(log, plans, same);
    expect((await outcome(1)).$case).toBe("runSucceeded");
  });

  it("lets one of two resumes at once win", async () => {
    await failedRun();
    workOfB = copy;
    const answers = await Promise.allSettled([resumeRun(log, plans, same), resumeRun(log, plans, same)]);
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(answers.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "not-ended" } });
  });

  it("refuses a run that goes on, saying what runs", async () => {
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    workOfB = async (call) => {
      begun.resolve();
      await goOn.promise;
      return copy(call);
    };
    await startTestRun(log, store, chainPlan(), "r", "hello");
    await begun.promise;
    await expect(resumeRun(log, plans, same)).rejects.toMatchObject({
      code: "not-ended",
      message: expect.stringContaining("b runs (attempt 1), c waits"),
    });
    goOn.resolve();
    await outcome(0);
  });

  it("refuses a run in which all completed, and one that never was", async () => {
    workOfB = copy;
    await startTestRun(log, store, chainPlan(), "r", "hello");
    await outcome(0);
    await expect(resumeRun(log, plans, same)).rejects.toMatchObject({ code: "nothing-to-resume" });
    await expect(resumeRun(log, plans, { ...same, run: "s" })).rejects.toMatchObject({ code: "unknown-run" });
  });
});

describe("resumeRun() with the current plan", () => {
  it("follows a mended plan, and says so in the log", async () => {
    await failedRun(chainPlan({ b: { column: "bad" } }));
    const mended = chainPlan({ b: { column: "good" } });
    const { sequence } = await registerPipeline(log, mended, noArtifact);
    workOfB = copy;
    const resumed = await resumeRun(log, plans, current);
    expect(resumed).toMatchObject({ planChanged: true, planDigest: testPlanDigest(mended) });
    expect((await outcome(1)).$case).toBe("runSucceeded");
    const control = decodeEvent((await log.leaderLastOf(subjects.control("p", "r")))?.data ?? new Uint8Array());
    const plan = { digest: testPlanDigest(mended), sequence: BigInt(sequence) };
    expect(control?.body).toMatchObject({ $case: "resumed", value: { plan } });
    expect(control?.state?.chain?.value).toMatchObject({ epoch: 1, plan });
    const produced = await log.leaderLastOf(subjects.artifact("p", "r", "b", "b", "B", "out"));
    expect(decodeEvent(produced?.data ?? new Uint8Array())?.body).toMatchObject({
      value: { epoch: 1, planDigest: testPlanDigest(mended) },
    });
  });

  it("keeps the mended plan in later epochs", async () => {
    await failedRun();
    const mended = chainPlan({ b: { column: "better" } });
    await registerPipeline(log, mended, noArtifact);
    await resumeRun(log, plans, current);
    await outcome(1);
    const again = await resumeRun(log, plans, same);
    expect(again).toMatchObject({ epoch: 2, planChanged: false, planDigest: testPlanDigest(mended) });
  });

  it("keeps the run's plan if the pipeline is unchanged", async () => {
    await failedRun();
    expect(await resumeRun(log, plans, current)).toMatchObject({ planChanged: false });
  });

  it("refuses a change of a node that has finished, naming it and the way out", async () => {
    await failedRun(chainPlan({ a: { rows: 10 } }));
    await registerPipeline(log, chainPlan({ a: { rows: 20 } }), noArtifact);
    const end = log.stream.lastSequence;
    await expect(resumeRun(log, plans, current)).rejects.toMatchObject({
      code: "finished-node-changed",
      message: expect.stringMatching(/node "a" has finished, and its rows was 10 and is 20 since.*fork r --from a/),
    });
    expect(log.stream.lastSequence).toBe(end);
  });

  it("refuses another graph", async () => {
    await failedRun();
    const wider = testPlan("p", { a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" } } });
    await registerPipeline(log, wider, noArtifact);
    await expect(resumeRun(log, plans, current)).rejects.toMatchObject({
      code: "graph-changed",
      message: expect.stringContaining('node "b" is gone'),
    });
  });
});
