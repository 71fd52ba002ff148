import { describe, expect, it } from "vitest";
import { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { emptyChain, pipelineChain, pipelineEvent } from "../journal/mod.ts";
import { appendEvent, MemoryLog, newEventId, subjectsOf } from "../log/mod.ts";
import { testPlan, testPlanDigest } from "../testing/plans.ts";
import { createPlans } from "./plans.ts";

const plan = testPlan("p", { a: { inputs: { data: "source.dataset:Dataset" } } });
const digest = testPlanDigest(plan);
const noArtifact = (): Promise<Uint8Array> => Promise.reject(new Error("no artifact is wanted here"));

async function registered(): Promise<{ readonly log: MemoryLog; readonly sequence: bigint }> {
  const log = new MemoryLog();
  const version = { plan, planDigest: digest, planArtifactDigest: "", version: 1 };
  const event = { id: newEventId(), ...pipelineEvent(emptyChain(pipelineChain), version) };
  const appended = await appendEvent(log, subjectsOf("mr").pipeline("p"), event, { expectLastSequence: 0 });
  return { log, sequence: BigInt(appended.kind === "appended" ? appended.sequence : 0) };
}

describe("Plans.load()", () => {
  it("reads a registered plan at its sequence, and keeps it", async () => {
    const { log, sequence } = await registered();
    const plans = createPlans(log, noArtifact);
    expect(testPlanDigest(await plans.load({ digest, sequence, artifactDigest: "" }))).toBe(digest);
    expect(plans.cached(digest)?.pipeline).toBe("p");
  });

  it("finds a plan whose sequence is another log's", async () => {
    const { log } = await registered();
    const loaded = await createPlans(log, noArtifact).load({ digest, sequence: 99n, artifactDigest: "" });
    expect(testPlanDigest(loaded)).toBe(digest);
  });

  it("reads a plan that was never registered from its artifact", async () => {
    const plans = createPlans(new MemoryLog(), async (name) => {
      expect(name).toBe("sha256:kept");
      return Plan.encode(plan).finish();
    });
    expect(testPlanDigest(await plans.load({ digest, sequence: 0n, artifactDigest: "sha256:kept" }))).toBe(digest);
  });

  it("says which plan is nowhere", async () => {
    const load = createPlans(new MemoryLog(), noArtifact).load({ digest, sequence: 3n, artifactDigest: "" });
    await expect(load).rejects.toMatchObject({ code: "plan-missing", message: expect.stringContaining(digest) });
  });
});
