import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryStore } from "../../artifacts/mod.ts";
import { decodeEvent } from "../../journal/mod.ts";
import { MemoryLog, subjectsOf } from "../../log/mod.ts";
import { Retryable } from "../../model/mod.ts";
import { requestCancel } from "../../control/mod.ts";
import { startTestAgent, startTestRun, type TestComponent } from "../../testing/memory-stack.ts";
import { testPlan, type TestNode } from "../../testing/plans.ts";
import type { Agent } from "./agent.ts";

const subjects = subjectsOf("mr");

let directory: string;
let store: DirectoryStore;
let log: MemoryLog;
let agent: Agent | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "time-limit-"));
  store = new DirectoryStore(directory);
  log = new MemoryLog();
});

afterEach(async () => {
  await agent?.drain(0);
  rmSync(directory, { recursive: true, force: true });
});

const untilStopped: TestComponent["work"] = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")), { once: true }));
/** Work that heeds nothing. */
const stubborn: TestComponent["work"] = () => new Promise(() => undefined);
const away: TestComponent["work"] = () => Promise.reject(new Retryable("store-away", "the store was away"));

async function startRun(node: Partial<TestNode>, work: TestComponent["work"]): Promise<void> {
  ({ agent } = await startTestAgent(log, store, "a", { inputs: ["Dataset"], work }));
  const plan = testPlan("p", { a: { inputs: { data: "source.dataset:Dataset" }, cache: false, ...node } });
  await startTestRun(log, store, plan, "r", "hello");
}

/** The node's journal once its run has ended, as event kinds with code and server time. */
async function journal(): Promise<readonly { kind: string; code: string; timeMs: number; message: string }[]> {
  const patience = AbortSignal.timeout(10_000);
  for await (const _end of log.follow([subjects.outcome("p", "r")], { signal: patience })) break;
  const events: { kind: string; code: string; timeMs: number; message: string }[] = [];
  for await (const { data, timeMs } of log.read([subjects.journal("p", "r", "a", "a")])) {
    const body = decodeEvent(data)?.body;
    const { code = "", message = "" } = (body?.$case === "failed" && body.value.failure) || {};
    events.push({ kind: body?.$case ?? "", code, timeMs, message });
  }
  return events;
}

const brief = (events: readonly { kind: string; code: string }[]): readonly string[] =>
  events.map(({ kind, code }) => (code === "" ? kind : `${kind} ${code}`));

describe.each([
  ["claimed before its run is read", false],
  ["claimed behind a read", true],
])("a node %s", (_how, cache) => {
  it("fails for now when its attempt takes too long, as often as it may", async () => {
    await startRun({ cache, attemptTimeoutMs: 40, attemptsMax: 2 }, untilStopped);
    expect(brief(await journal())).toEqual(["claimed", "failed attempt-timeout", "claimed", "failed attempt-timeout"]);
  });

  it("fails for good when its attempts take too long together, naming both bounds", async () => {
    await startRun({ cache, attemptTimeoutMs: 60, nodeTimeoutMs: 100, attemptsMax: 9 }, untilStopped);
    const events = await journal();
    expect(brief(events)).toEqual(["claimed", "failed attempt-timeout", "claimed", "failed node-timeout"]);
    expect(events.at(-1)?.message).toMatch(/within 100 ms together.*each within 60 ms/);
    const [first, last] = [events[0]?.timeMs ?? 0, events.at(-1)?.timeMs ?? 0];
    expect(last - first).toBeGreaterThanOrEqual(95);
  });

  it("is not tried again when the wait would take it behind its time", async () => {
    await startRun({ cache, nodeTimeoutMs: 5_000, backoffMs: 50, attemptsMax: 2_000 }, async () => {
      throw new Retryable("store-away", "the store was away", { retryAfterMs: 6_000 });
    });
    const events = await journal();
    expect(brief(events)).toEqual(["claimed", "failed node-timeout"]);
    expect(events[1]?.message).toContain("ended in store-away: the store was away");
  });
});

it("a node whose attempts fail quickly ends by the count of attempts, however much time is left", async () => {
  await startRun({ nodeTimeoutMs: 60_000, attemptsMax: 2 }, away);
  expect(brief(await journal())).toEqual(["claimed", "failed store-away", "claimed", "failed store-away"]);
});

it("work that heeds no signal is not waited for: a cancel ends its claim within two seconds", async () => {
  await startRun({}, stubborn);
  for await (const _claim of log.follow([subjects.journal("p", "r", "a", "a")], { signal: AbortSignal.timeout(9_000) }))
    break;
  // Once what is read behind the claim is there, only the work is waited for.
  await setImmediate();
  await requestCancel(log, "p", "r", "enough");
  const requestedMs = (await log.leaderLastOf(subjects.control("p", "r")))?.timeMs ?? 0;
  const events = await journal();
  expect(brief(events)).toEqual(["claimed", "cancelled"]);
  const tookMs = (events[1]?.timeMs ?? Infinity) - requestedMs;
  expect(tookMs).toBeGreaterThan(900);
  expect(tookMs).toBeLessThan(2_000);
});

it("work that stops itself when nobody asked has failed for now: the run is not cancelled", async () => {
  await startRun({ attemptsMax: 2 }, ({ attempt }) =>
    attempt === 1 ? Promise.reject(new DOMException("its own timer", "AbortError")) : Promise.resolve({}),
  );
  expect(brief(await journal())).toEqual(["claimed", "failed stopped-itself", "claimed", "completed"]);
});
