import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { firstDifference, storePlan } from "../../artifacts/mod.ts";
import { forkRun, judgeReproduction, registerPipeline, reproduceRun, resumeRun } from "../../control/mod.ts";
import { Terminal } from "../../model/mod.ts";
import { standardDeclarations } from "../../pipeline/mod.ts";
import { modelPlan, ModelStack } from "../../testing/model-stack.ts";
import type { Why } from "./explain-node.ts";
import { readWhy } from "./read-why.ts";

let stack: ModelStack;
beforeEach(async () => {
  stack = await ModelStack.start();
});
afterEach(() => stack[Symbol.asyncDispose]());

async function why(run: string, node: string): Promise<Why> {
  const { log, plans } = stack;
  const to = await log.leaderLastSequence();
  return readWhy(log, (reference) => plans.load(reference), { pipeline: "p", run, node, to, nowMs: 0 });
}

const noArtifact = (): Promise<never> => Promise.reject(new Error("no plan is that large here"));
const sentencesOf = ({ causes }: Why): readonly string[] => causes.map(({ sentence }) => sentence);

describe("why, of blessings and pushes", () => {
  it("shows the blessing that a node gave, and the baseline that it was measured by", async () => {
    await stack.runOn("r1", "one");
    await stack.runOn("r2", "two");
    expect(sentencesOf(await why("r1", "validate"))).toContainEqual(
      expect.stringMatching(/^Model sha256:\w+ was blessed by run r1, as the first\.$/),
    );
    const second = sentencesOf(await why("r2", "validate")).filter((sentence) => sentence.includes("was blessed"));
    expect(second).toEqual([
      expect.stringMatching(/^Model sha256:\w+ was blessed by run r1, as the first\.$/),
      expect.stringMatching(/^Model sha256:\w+ was blessed by run r2, measured by sha256:\w+\.$/),
    ]);
  });

  it("shows the push that a node intended and did, and no other's", async () => {
    await stack.runOn("r1", "one");
    await stack.runOn("r2", "two");
    const pushes = sentencesOf(await why("r2", "push")).filter((sentence) =>
      /set out to push|was pushed/.test(sentence),
    );
    expect(pushes).toEqual([
      expect.stringMatching(/^Run r2 set out to push model sha256:\w+ as version \d+\.$/),
      expect.stringMatching(/^Version \d+ was pushed, model sha256:\w+: /),
    ]);
  });
});

describe("why, of runs from runs", () => {
  it("says that a fork took a node, and what it changed in another", async () => {
    await stack.runOn("r1", "one");
    const context = {
      log: stack.log,
      plans: stack.plans,
      has: (digest: string) => stack.store.has(digest),
      commitPlan: (bytes: Uint8Array) => storePlan(stack.store, bytes),
      declarationOf: (component: string) => standardDeclarations.get(component),
    };
    const set = [{ node: "train", parameter: "epochs", value: "5" }];
    const { run } = await forkRun(context, { pipeline: "p", run: "r1", from: "train", set });
    await stack.outcome(run);
    const taken = await why(run, "describe");
    expect(taken).toMatchObject({ verdict: "taken", cache: { hit: false } });
    expect(taken.summary).toBe("describe was taken as it is from run r1, which this run forks.");
    const changed = await why(run, "train");
    expect(changed.verdict).toBe("ran");
    expect(changed.cache?.differences).toEqual([
      { what: "parameter", name: "epochs", was: "3", is: "5", isFrom: "", wasFrom: "" },
    ]);
    expect(sentencesOf(changed)).toContainEqual(expect.stringContaining("was started as a fork of run r1"));
  });

  it("says that a reproduction never uses the cache, and how it came out", async () => {
    await stack.runOn("r1", "one");
    const { log, plans, store } = stack;
    const { run } = await reproduceRun(
      { log, plans, has: (digest) => store.has(digest) },
      { pipeline: "p", run: "r1" },
    );
    const outcome = await stack.outcome(run);
    const compare = (was: { digest: string }, is: { digest: string }) => firstDifference(store, was.digest, is.digest);
    await judgeReproduction({ log, plans, firstDifference: compare }, { pipeline: "p", run }, outcome);
    const answer = await why(run, "train");
    expect(answer).toMatchObject({ verdict: "ran", cache: { miss: "off-for-run" } });
    expect(sentencesOf(answer)).toContainEqual(expect.stringContaining("was started to reproduce run r1"));
    expect(sentencesOf(answer).at(-1)).toBe("Every output is equal to run r1's: reproduced.");
  });

  it("follows a run that was resumed with a mended plan into both its versions", async () => {
    await stack.startAgents("", { validate: () => Promise.reject(new Terminal("user-code", "no such column")) });
    await stack.runOn("r1", "one");
    await stack.startAgents("");
    const mended = {
      ...modelPlan,
      nodes: modelPlan.nodes.map((node) =>
        node.name === "validate" ? Object.assign({}, node, { parametersJson: '{"column":"b"}' }) : node,
      ),
    };
    await registerPipeline(stack.log, mended, noArtifact);
    await resumeRun(stack.log, stack.plans, { pipeline: "p", run: "r1", plan: "current", reason: "mended" });
    await stack.outcome("r1", 1);
    const sentences = sentencesOf(await why("r1", "validate"));
    const story = [
      "Version 1 of pipeline p",
      "validate failed for good",
      "The run ended: validate failed",
      "Version 2 of pipeline p",
      "The run was resumed (mended)",
      "validate completed",
    ];
    const places = story.map((start) => sentences.findIndex((sentence) => sentence.startsWith(start)));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });
});
