import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryStore } from "../artifacts/mod.ts";
import type { Agent } from "../component/agent/agent.ts";
import { CacheMiss } from "../contracts/millrace/event/v1/event.ts";
import { createPlans, type Plans } from "../driver/mod.ts";
import { emptyJournal, type Journal, type JournalCommand } from "../journal/mod.ts";
import { MemoryLog, subjectsOf } from "../log/mod.ts";
import { writeJournal } from "../publisher/mod.ts";
import { startTestAgent, startTestRun, type TestComponent } from "../testing/memory-stack.ts";
import { testPlan } from "../testing/plans.ts";
import { cancelRun } from "./cancel-run.ts";

const plan = testPlan("p", {
  a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" } },
  b: { inputs: { a: "a.out:A" }, outputs: { out: "B" } },
  c: { inputs: { b: "b.out:B" }, outputs: { out: "C" } },
});
const subjects = subjectsOf("mr");
const request = { pipeline: "p", run: "r", reason: "enough" };
/** Longer than anything here takes. */
const patient = (): AbortSignal => AbortSignal.timeout(10_000);

let directory: string;
let store: DirectoryStore;
let log: MemoryLog;
let plans: Plans;
let agents: Agent[];
/** What b's work does; each test says. */
let workOfB: TestComponent["work"];
/** Settles when b's work has begun. */
let begun: PromiseWithResolvers<void>;

const anyClaim = {
  durable: "d",
  triggerSequence: 1n,
  inputs: [],
  environment: undefined,
  cacheKey: "",
  blessedSequence: 0n,
  cacheMiss: CacheMiss.CACHE_MISS_UNSPECIFIED,
};
const anyCompleted = {
  outputs: [],
  reused: undefined,
  metrics: {},
  environment: undefined,
  inputs: [],
  cacheKey: "",
  note: "",
};

const copy: TestComponent["work"] = async ({ node }) => ({ out: { text: node } });
const untilStopped: TestComponent["work"] = ({ signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("stopped")));
    begun.resolve();
  });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cancel-"));
  store = new DirectoryStore(directory);
  log = new MemoryLog();
  plans = createPlans(log, () => Promise.reject(new Error("no plan is that large here")));
  agents = [];
  workOfB = untilStopped;
  begun = Promise.withResolvers<void>();
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.drain(0)));
  rmSync(directory, { recursive: true, force: true });
});

async function startAgents(...names: readonly string[]): Promise<void> {
  const components: Readonly<Record<string, TestComponent>> = {
    a: { inputs: ["Dataset"], work: copy },
    b: { inputs: ["A"], work: (call) => workOfB(call) },
    c: { inputs: ["B"], work: copy },
  };
  for (const name of names) {
    const component = components[name];
    if (component) agents.push((await startTestAgent(log, store, name, component)).agent);
  }
}

async function runToB(): Promise<void> {
  await startAgents("a", "b", "c");
  await startTestRun(log, store, plan, "r", "hello");
  await begun.promise;
}

describe("cancelRun()", () => {
  it("stops what runs and what waits, and says what had ended before", async () => {
    await runToB();
    const cancelled = await cancelRun(log, plans, request, patient());
    expect(cancelled).toMatchObject({ state: "cancelled", reason: "the run was cancelled: enough" });
    expect(cancelled.nodes.map(({ node, verdict }) => `${node} ${verdict}`)).toEqual([
      "a completed",
      "b cancelled",
      "c cancelled",
    ]);
  });

  it("is once, however often it is asked for", async () => {
    await startAgents("a");
    await startTestRun(log, store, plan, "r", "hello");
    const first = await cancelRun(log, plans, request, AbortSignal.abort());
    expect(await cancelRun(log, plans, request, AbortSignal.abort())).toMatchObject({ sequence: first.sequence });
  });

  it("says what is still open when patience ends", async () => {
    await startTestRun(log, store, plan, "r", "hello");
    const cancelled = await cancelRun(log, plans, request, AbortSignal.abort());
    expect(cancelled).toMatchObject({ state: "queued", reason: null });
    expect(cancelled.nodes.map(({ verdict }) => verdict)).toEqual(["open", "open", "open"]);
  });

  it("loses to a Completed that stands first in the journal, and says so", async () => {
    await startTestRun(log, store, plan, "r", "hello");
    const node = plan.nodes.find(({ name }) => name === "a");
    if (node === undefined) throw new Error("the test's plan has a node a");
    const write = (journal: Journal, command: JournalCommand) =>
      writeJournal(log, subjects, { pipeline: "p", run: "r", node }, journal, command);
    const claimed = await write(emptyJournal, { type: "claim", epoch: 0, claim: anyClaim });
    if (claimed.kind !== "written") throw new Error("nobody else claims here");
    const { sequence } = await cancelRun(log, plans, request, AbortSignal.abort());
    const completed = { ...anyCompleted, claimEventId: claimed.eventId };
    const won = await write(claimed.journal, { type: "complete", epoch: 0, completed });
    const lost = await write(claimed.journal, { type: "cancel", epoch: 0, reason: "enough" });
    expect([won.kind, lost.kind]).toEqual(["written", "lost"]);
    const { nodes } = await cancelRun(log, plans, request, AbortSignal.abort());
    expect(nodes[0]).toEqual({ node: "a", verdict: "completed-first", sequence: sequence + 1 });
  });

  it("refuses a run that has ended, saying how", async () => {
    workOfB = copy;
    await startAgents("a", "b", "c");
    await startTestRun(log, store, plan, "r", "hello");
    for await (const _end of log.follow([subjects.outcome("p", "r")], { signal: patient() })) break;
    const end = log.stream.lastSequence;
    await expect(cancelRun(log, plans, request, patient())).rejects.toMatchObject({
      code: "already-ended",
      message: expect.stringContaining("it succeeded"),
    });
    expect(log.stream.lastSequence).toBe(end);
  });

  it("refuses a run that never was", async () => {
    await expect(cancelRun(log, plans, request, patient())).rejects.toMatchObject({ code: "unknown-run" });
  });
});
