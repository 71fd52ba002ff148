import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryStore } from "../../artifacts/mod.ts";
import type { Event } from "../../contracts/millrace/event/v1/event.ts";
import { decodeEvent, targetChain } from "../../journal/mod.ts";
import { MemoryLog, subjectsOf } from "../../log/mod.ts";
import { foldChain } from "../../projections/mod.ts";
import { startTestAgent, startTestRun } from "../../testing/memory-stack.ts";
import type { TestComponent } from "../../testing/memory-stack.ts";
import { testPlan } from "../../testing/plans.ts";
import type { Agent } from "./agent.ts";

let directory: string;
let store: DirectoryStore;
let log: MemoryLog;
let agents: Agent[];
let pushes: number[];
let blessable: boolean;

const subjects = subjectsOf("mr");

const plan = testPlan("p", {
  train: { inputs: { data: "source.dataset:Dataset" }, outputs: { model: "Model" } },
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

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "effects-"));
  store = new DirectoryStore(directory);
  log = new MemoryLog();
  pushes = [];
  blessable = true;
  const components: Record<string, TestComponent> = {
    train: { inputs: ["Dataset"], work: async ({ inputs }) => ({ model: { text: `model of ${inputs["data"]}` } }) },
    validate: {
      inputs: ["Model"],
      effect: "bless",
      work: async ({ inputs }) => ({
        blessing: {
          text: `candidate ${inputs["model"]} baseline ${inputs["baseline"] ?? "none"}`,
          properties: { blessed: blessable ? "1" : "0" },
        },
      }),
    },
    push: {
      inputs: ["Model", "ModelBlessing"],
      effect: "push",
      work: async ({ inputs, push }) => {
        if (push !== undefined) pushes.push(push);
        return {
          pushed: { text: `pushed ${inputs["model"]}`, properties: { pushed: push === undefined ? "0" : "1" } },
        };
      },
    },
  };
  agents = await Promise.all(
    Object.entries(components).map(
      async ([name, component]) => (await startTestAgent(log, store, name, component)).agent,
    ),
  );
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.drain(0)));
  rmSync(directory, { recursive: true, force: true });
});

async function runOn(run: string, text: string): Promise<NonNullable<Event["body"]>[]> {
  await startTestRun(log, store, plan, run, text);
  const stop = new AbortController();
  for await (const entry of log.follow([subjects.outcome("p", run)], { signal: stop.signal })) {
    expect(decodeEvent(entry.data)?.body?.$case).toBe("runSucceeded");
    stop.abort();
  }
  return bodies(subjects.filters.run("p", run));
}

async function bodies(filter: string): Promise<NonNullable<Event["body"]>[]> {
  const found: NonNullable<Event["body"]>[] = [];
  for await (const entry of log.read([filter])) {
    const body = decodeEvent(entry.data)?.body;
    if (body) found.push(body);
  }
  return found;
}

function completed(found: readonly NonNullable<Event["body"]>[], type: string) {
  for (const body of found)
    if (body.$case === "completed" && body.value.outputs[0]?.artifact?.type === type) return body.value;
  throw new Error(`no Completed with a ${type}`);
}

describe("blessing and pushing", () => {
  it("bless the first model without a baseline, and push it under the sequence of its intent", async () => {
    await runOn("r1", "one");
    const [blessed] = await bodies(subjects.blessed("p"));
    expect(blessed).toMatchObject({ $case: "modelBlessed", value: { run: "r1", baselineDigest: "" } });
    const kinds = (await bodies(subjects.target("serving"))).map(({ $case }) => $case);
    expect(kinds).toEqual(["pushIntended", "pushed"]);
    const target = await foldChain(log, targetChain, subjects.target("serving"));
    expect(pushes).toEqual([Number(target.state.served?.version)]);
    expect(target.state.open).toEqual([]);
  });

  it("compare a later model with the last blessed one, pinned in its claim", async () => {
    await runOn("r1", "one");
    const found = await runOn("r2", "two");
    const claims = found.flatMap((body) => (body.$case === "claimed" ? [body.value] : []));
    const pins = claims.flatMap(({ inputs }) => inputs.filter(({ name }) => name === "baseline"));
    const first = completed(await bodies(subjects.filters.run("p", "r1")), "Model").outputs[0]?.artifact;
    expect(pins).toMatchObject([{ name: "baseline", artifact: { digest: first?.digest } }]);
    expect(pushes).toHaveLength(2);
    expect(pushes[1]).toBeGreaterThan(pushes[0] ?? 0);
  });

  it("reuse everything in an identical second run: no claim, no blessing, no push", async () => {
    await runOn("r1", "one");
    const found = await runOn("r2", "one");
    expect(found.filter(({ $case }) => $case === "claimed")).toEqual([]);
    expect(completed(found, "PushedModel").reused).toMatchObject({ run: "r1", node: "push" });
    expect(await bodies(subjects.blessed("p"))).toHaveLength(1);
    expect(pushes).toHaveLength(1);
  });

  it("push nothing that was not blessed", async () => {
    blessable = false;
    const found = await runOn("r1", "one");
    expect(completed(found, "PushedModel").outputs[0]?.artifact?.properties).toEqual({ pushed: "0" });
    expect(await bodies(subjects.target("serving"))).toEqual([]);
    expect(pushes).toEqual([]);
  });
});
