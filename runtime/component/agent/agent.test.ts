import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryStore } from "../../artifacts/mod.ts";
import type { ArtifactStore } from "../../artifacts/mod.ts";
import { type Event, RunKind } from "../../contracts/millrace/event/v1/event.ts";
import { controlChain, controlEvent, decodeEvent, emptyChain } from "../../journal/mod.ts";
import { appendEvent, MemoryLog, newEventId, subjectsOf } from "../../log/mod.ts";
import type { Delivery, Log } from "../../log/mod.ts";
import { Retryable, Terminal } from "../../model/mod.ts";
import { copyEntry } from "../../testing/copy-entry.ts";
import { startTestAgent, startTestRun } from "../../testing/memory-stack.ts";
import type { TestComponent } from "../../testing/memory-stack.ts";
import { testPlan, testPlanDigest } from "../../testing/plans.ts";
import type { Agent } from "./agent.ts";
import type { AgentContext } from "./context.ts";
import { handleDelivery } from "./handle-delivery.ts";
import { createLease } from "./lease.ts";

let directory: string;
let store: ArtifactStore;
let log: Log;
let agents: Agent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "agent-"));
  store = new DirectoryStore(directory);
  log = new MemoryLog();
  agents = [];
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.drain(0)));
  rmSync(directory, { recursive: true, force: true });
});

async function start(components: Readonly<Record<string, TestComponent>>): Promise<void> {
  for (const [name, component] of Object.entries(components))
    agents.push((await startTestAgent(log, store, name, component)).agent);
}

const subjects = subjectsOf("mr");

/** Waits for the run's outcome in an epoch. */
async function outcome(pipeline: string, run: string, epoch = 0): Promise<NonNullable<Event["body"]>> {
  const stop = new AbortController();
  for await (const entry of log.follow([subjects.outcome(pipeline, run)], { signal: stop.signal })) {
    const body = decodeEvent(entry.data)?.body;
    if (body && "epoch" in body.value && body.value.epoch === epoch) {
      stop.abort();
      return body;
    }
  }
  throw new Error("the log ended");
}

/** Waits for a condition that the log's next messages may make true. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const stop = new AbortController();
  for await (const _entry of log.follow([subjects.all], { signal: stop.signal })) if (await condition()) stop.abort();
}

/** The run's messages as "node: kind". */
async function story(pipeline: string, run: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of log.read([subjects.filters.run(pipeline, run)])) {
    const [, , , , , node, kind, type] = entry.subject.split(".");
    lines.push(`${node}${kind === "artifact" ? `.${type}` : ""}: ${decodeEvent(entry.data)?.body?.$case}`);
  }
  return lines;
}

const copy: TestComponent["work"] = async ({ node, inputs }) => ({
  out: { text: `${node} of ${Object.values(inputs).join(" and ")}` },
});

const failAsUser: TestComponent["work"] = () => Promise.reject(new Terminal("user-code", "bad column"));
const failAlways: TestComponent["work"] = () => Promise.reject(new Retryable("store-away", "the store was away"));

const chain = {
  a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" } },
  b: { inputs: { a: "a.out:A" }, outputs: { out: "B" } },
  c: { inputs: { a: "a.out:A", b: "b.out:B" }, outputs: { out: "C" } },
};

const chainComponents = {
  a: { inputs: ["Dataset"], work: copy },
  b: { inputs: ["A"], work: copy },
  c: { inputs: ["A", "B"], work: copy },
};

describe("agents on one log", () => {
  it("carry a run from its dataset to its outcome", async () => {
    await start(chainComponents);
    await startTestRun(log, store, testPlan("p", chain), "r1", "hello");
    const body = await outcome("p", "r1");
    expect(body.$case).toBe("runSucceeded");
    const lines = await story("p", "r1");
    expect(lines.filter((line) => line.endsWith(": completed"))).toEqual([
      "a: completed",
      "b: completed",
      "c: completed",
    ]);
    expect(lines.filter((line) => line.startsWith("c: "))).toEqual(["c: claimed", "c: completed"]);
  });

  it("reuse every execution in a second run on the same data", async () => {
    await start(chainComponents);
    const plan = testPlan("p", chain);
    await startTestRun(log, store, plan, "r1", "hello");
    await outcome("p", "r1");
    await startTestRun(log, store, plan, "r2", "hello");
    expect((await outcome("p", "r2")).$case).toBe("runSucceeded");
    const lines = await story("p", "r2");
    expect(lines.filter((line) => line.endsWith(": claimed"))).toEqual([]);
    expect(lines.filter((line) => line.endsWith(": completed"))).toHaveLength(3);
  });

  it("fan a failure out: what needs it is skipped, and the run ends as failed, naming node and reason", async () => {
    await start({ ...chainComponents, a: { inputs: ["Dataset"], work: failAsUser } });
    await startTestRun(log, store, testPlan("p", chain), "r1", "hello");
    const body = await outcome("p", "r1");
    expect(body).toMatchObject({ $case: "runFailed", value: { node: "a", code: "user-code", message: "bad column" } });
    const lines = await story("p", "r1");
    expect(lines).toContain("b: skipped");
    expect(lines).toContain("c: skipped");
  });

  it("skip a node whose optional input was wired to a producer that failed: an author's check is not left out", async () => {
    await start({ ...chainComponents, b: { inputs: ["A"], work: failAsUser } });
    const wired = { ...chain, c: { ...chain.c, inputs: { a: "a.out:A", b: "b.out:B?" } } };
    await startTestRun(log, store, testPlan("p", wired), "r1", "hello");
    expect((await outcome("p", "r1")).$case).toBe("runFailed");
    expect(await story("p", "r1")).toContain("c: skipped");
  });

  it("run a node whose optional input was left out by a producer that completed", async () => {
    await start({ ...chainComponents, b: { inputs: ["A"], work: async () => ({}) } });
    const wired = { ...chain, c: { ...chain.c, inputs: { a: "a.out:A", b: "b.out:B?" } } };
    await startTestRun(log, store, testPlan("p", wired), "r1", "hello");
    expect((await outcome("p", "r1")).$case).toBe("runSucceeded");
    expect(await story("p", "r1")).toContain("c: completed");
  });

  it("try a retryable failure again, with its attempts counted in the journal", async () => {
    let calls = 0;
    const flaky: TestComponent["work"] = async (call) => {
      calls += 1;
      if (call.attempt < 3) throw new Retryable("store-away", "the store was away");
      return { out: { text: String(call.attempt) } };
    };
    await start({ ...chainComponents, a: { inputs: ["Dataset"], work: flaky } });
    await startTestRun(log, store, testPlan("p", chain), "r1", "hello");
    expect((await outcome("p", "r1")).$case).toBe("runSucceeded");
    expect(calls).toBe(3);
    const lines = (await story("p", "r1")).filter((line) => line.startsWith("a: "));
    expect(lines).toEqual(["a: claimed", "a: failed", "a: claimed", "a: failed", "a: claimed", "a: completed"]);
  });

  it("give up when the budget of attempts is spent", async () => {
    await start({ ...chainComponents, a: { inputs: ["Dataset"], work: failAlways } });
    await startTestRun(log, store, testPlan("p", { ...chain, a: { ...chain.a, attemptsMax: 2 } }), "r1", "hello");
    expect(await outcome("p", "r1")).toMatchObject({ $case: "runFailed", value: { node: "a", code: "store-away" } });
    expect((await story("p", "r1")).filter((line) => line === "a: claimed")).toHaveLength(2);
  });

  it("claim a node without cache at once, and read the run behind the claim", async () => {
    await start(chainComponents);
    const uncached = {
      a: { ...chain.a, cache: false },
      b: { ...chain.b, cache: false },
      c: { ...chain.c, cache: false },
    };
    await startTestRun(log, store, testPlan("p", uncached), "r1", "hello");
    expect((await outcome("p", "r1")).$case).toBe("runSucceeded");
    const lines = await story("p", "r1");
    for (const node of ["a", "b", "c"])
      expect(lines.filter((line) => line.startsWith(`${node}: `))).toEqual([`${node}: claimed`, `${node}: completed`]);
  });

  it("stop work whose run could not be read behind the claim, and claim it again when the delivery comes back", async () => {
    const flaky = new MemoryLog();
    const lastOf = flaky.lastOf.bind(flaky);
    let outages = 1;
    flaky.lastOf = (names) =>
      outages-- > 0 ? Promise.reject(new Retryable("log-unavailable", "the server went away")) : lastOf(names);
    log = flaky;
    const stopped: boolean[] = [];
    const work: TestComponent["work"] = (call) =>
      call.attempt > 1
        ? copy(call)
        : new Promise((_, reject) => {
            call.signal.addEventListener("abort", () => {
              stopped.push(true);
              reject(new Error("stopped"));
            });
          });
    await start({ a: { inputs: ["Dataset"], work } });
    await startTestRun(log, store, testPlan("p", { a: { ...chain.a, cache: false } }), "r1", "hello");
    expect((await outcome("p", "r1")).$case).toBe("runSucceeded");
    expect(stopped).toEqual([true]);
    expect((await story("p", "r1")).filter((line) => line === "a: claimed")).toHaveLength(2);
  });

  it("decide a node anew when what triggered its claim is not what the run's journals say", async () => {
    const release = Promise.withResolvers<void>();
    const held: TestComponent["work"] = async (call) => {
      await release.promise;
      return copy(call);
    };
    await start({ ...chainComponents, a: { inputs: ["Dataset"], work: held } });
    const plan = testPlan("p", { ...chain, b: { ...chain.b, cache: false } });
    await startTestRun(log, store, plan, "r1", "hello");
    const started = decodeEvent((await log.leaderLastOf(subjects.started("p", "r1")))?.data ?? new Uint8Array());
    const artifact = started?.body?.$case === "runStarted" ? started.body.value.dataset : undefined;
    const forged = {
      id: newEventId(),
      body: {
        $case: "artifactProduced" as const,
        value: {
          artifact: artifact && { ...artifact, type: "A" },
          cause: { sequence: 1n, eventId: newEventId() },
          epoch: 0,
          planDigest: testPlanDigest(plan),
          runKind: RunKind.RUN_KIND_UNSPECIFIED,
        },
      },
    };
    await appendEvent(log, subjects.artifact("p", "r1", "a", "a", "A", "out"), forged, { expectLastSequence: 0 });
    await until(async () => (await story("p", "r1")).includes("b: failed"));
    release.resolve();
    expect((await outcome("p", "r1")).$case).toBe("runSucceeded");
    expect((await story("p", "r1")).filter((line) => line === "b: completed")).toHaveLength(1);
  });

  it("let replicas share the work: every node is claimed by one of them", async () => {
    await start(chainComponents);
    await start(chainComponents);
    const plan = testPlan("p", chain);
    const runs = Array.from({ length: 20 }, (_, index) => `r${index}`);
    await Promise.all(runs.map((run) => startTestRun(log, store, plan, run, `data of ${run}`)));
    const ends = await Promise.all(runs.map((run) => outcome("p", run)));
    expect(ends.map(({ $case }) => $case)).toEqual(runs.map(() => "runSucceeded"));
    for (const run of runs) {
      const lines = await story("p", run);
      expect(lines.filter((line) => line.endsWith(": completed"))).toHaveLength(3);
      expect(lines.filter((line) => line.endsWith(": claimed")).length).toBe(3);
    }
  });

  it("stop claimed work when the run is cancelled, and end the run", async () => {
    const begun = Promise.withResolvers<void>();
    const slow: TestComponent["work"] = ({ signal }) => {
      begun.resolve();
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("stopped")));
      });
    };
    await start({ ...chainComponents, b: { inputs: ["A"], work: slow } });
    await startTestRun(log, store, testPlan("p", chain), "r1", "hello");
    await begun.promise;
    const event = {
      id: newEventId(),
      ...controlEvent(emptyChain(controlChain), { $case: "cancelRequested", value: { reason: "enough" } }),
    };
    await appendEvent(log, subjects.control("p", "r1"), event, { expectLastSequence: 0 });
    expect((await outcome("p", "r1")).$case).toBe("runCancelled");
    const lines = await story("p", "r1");
    expect(lines).toContain("b: cancelled");
    expect(lines).toContain("c: cancelled");
  });
});

describe("redelivery", () => {
  it("changes nothing: every message of an ended run, handed out again, writes nothing and is acknowledged", async () => {
    const contexts: AgentContext[] = [];
    for (const [name, component] of Object.entries(chainComponents)) {
      const started = await startTestAgent(log, store, name, component);
      agents.push(started.agent);
      contexts.push(started.context);
    }
    await startTestRun(log, store, testPlan("p", chain), "r1", "hello");
    await outcome("p", "r1");
    await Promise.all(agents.map((agent) => agent.drain(1_000)));
    const end = await log.leaderLastSequence();
    let acknowledged = 0;
    const triggers: Delivery["entry"][] = [];
    for await (const entry of log.read([subjects.filters.run("p", "r1")])) triggers.push(entry);
    const artifacts = triggers.filter(({ subject }) => subject.includes(".artifact."));
    for (const context of contexts)
      for (const entry of artifacts) {
        const delivery: Delivery = {
          entry,
          count: 2,
          receivedAt: log.clock.monotonicMs(),
          ack: () => void acknowledged++,
          nak: () => undefined,
          working: () => undefined,
          term: () => undefined,
        };
        await handleDelivery(context, { durable: "again", lease: createLease(delivery, 30_000, log.clock) });
      }
    expect(await log.leaderLastSequence()).toBe(end);
    expect(acknowledged).toBe(contexts.length * artifacts.length);
  });

  it("heals a fan-out and an outcome that the holder could not write any more", async () => {
    const whole = log;
    await start(chainComponents);
    await startTestRun(log, store, testPlan("p", chain), "r1", "hello");
    await outcome("p", "r1");
    await Promise.all(agents.map((agent) => agent.drain(1_000)));
    // The same history, up to the last Completed: its agent died before the fan-out.
    const halved = new MemoryLog();
    for await (const entry of whole.read([])) {
      await copyEntry(halved, entry);
      if (entry.subject.endsWith(".c.c.journal") && decodeEvent(entry.data)?.body?.$case === "completed") break;
    }
    log = halved;
    agents = [];
    await start(chainComponents);
    expect((await outcome("p", "r1")).$case).toBe("runSucceeded");
    const lines = await story("p", "r1");
    expect(lines).toContain("c.C: artifactProduced");
    expect(lines.filter((line) => line.endsWith(": claimed"))).toHaveLength(3);
  });
});
