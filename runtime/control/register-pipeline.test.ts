import { beforeEach, describe, expect, it } from "vitest";
import { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { type Log, MemoryLog, subjectsOf } from "../log/mod.ts";
import { digestOf } from "../model/mod.ts";
import { planDigest } from "../pipeline/mod.ts";
import { registerPipeline } from "./register-pipeline.ts";

let log: Log;
let committed: Uint8Array[];

beforeEach(() => {
  log = new MemoryLog();
  committed = [];
});

const commitPlan = (bytes: Uint8Array): Promise<string> => {
  committed.push(bytes);
  return Promise.resolve(digestOf(bytes));
};
const planWithSeed = (seed: bigint, dataset = "penguins"): Plan => ({
  pipeline: "penguins",
  trigger: { dataset },
  nodes: [],
  seed,
});

describe("registerPipeline()", () => {
  it("makes the first version, and none when the plan is unchanged", async () => {
    const first = await registerPipeline(log, planWithSeed(1n), commitPlan);
    expect(first).toMatchObject({ pipeline: "penguins", version: 1, sequence: 1, changed: true });
    expect(first.planDigest).toBe(planDigest(planWithSeed(1n)));
    const again = await registerPipeline(log, planWithSeed(1n), commitPlan);
    expect(again).toEqual({ ...first, changed: false });
    expect(await log.leaderLastSequence()).toBe(1);
  });

  it("makes a new version when the plan changed, also back to an earlier one", async () => {
    await registerPipeline(log, planWithSeed(1n), commitPlan);
    expect(await registerPipeline(log, planWithSeed(2n), commitPlan)).toMatchObject({ version: 2, changed: true });
    expect(await registerPipeline(log, planWithSeed(1n), commitPlan)).toMatchObject({ version: 3, changed: true });
  });

  it("gives each of several at once a version of its own", async () => {
    const plans = Array.from({ length: 6 }, (_, seed) => planWithSeed(BigInt(seed)));
    const registered = await Promise.all(plans.map((plan) => registerPipeline(log, plan, commitPlan)));
    expect(registered.map(({ version }) => version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("goes on behind what a stranger wrote on the pipeline's subject", async () => {
    await registerPipeline(log, planWithSeed(1n), commitPlan);
    await log.append(subjectsOf(log.namespace).pipeline("penguins"), new TextEncoder().encode("not an event"));
    expect(await registerPipeline(log, planWithSeed(2n), commitPlan)).toMatchObject({ version: 2, sequence: 3 });
  });

  it("puts a plan too large for an event into the store", async () => {
    const plan = planWithSeed(1n, "x".repeat(60_000));
    await registerPipeline(log, plan, commitPlan);
    expect(committed.map((bytes) => Plan.decode(bytes))).toMatchObject([plan]);
  });
});
