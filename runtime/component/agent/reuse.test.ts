import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryStore } from "../../artifacts/mod.ts";
import type { ArtifactStore } from "../../artifacts/mod.ts";
import { CacheMiss } from "../../contracts/millrace/event/v1/event.ts";
import type { Claimed, Completed, Event } from "../../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../../contracts/millrace/metadata/v1/plan.ts";
import { decodeEvent } from "../../journal/mod.ts";
import { MemoryLog, subjectsOf } from "../../log/mod.ts";
import { startTestAgent, startTestRun } from "../../testing/memory-stack.ts";
import type { TestWork } from "../../testing/memory-stack.ts";
import { testPlan } from "../../testing/plans.ts";
import type { Agent } from "./agent.ts";

const subjects = subjectsOf("mr");
const nodes = { a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" } } };
const plan = testPlan("p", nodes);
const work: TestWork = async ({ inputs }) => ({ out: { text: `of ${Object.values(inputs).join()}` } });

let directory: string;
let store: ArtifactStore;
let log: MemoryLog;
let agent: Agent;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "reuse-"));
  store = new DirectoryStore(directory);
  log = new MemoryLog();
  agent = (await startTestAgent(log, store, "a", { inputs: ["Dataset"], work })).agent;
});

afterEach(async () => {
  await agent.drain(0);
  rmSync(directory, { recursive: true, force: true });
});

interface Ended {
  readonly claimed: Claimed | undefined;
  readonly completed: Completed | undefined;
}

/** Runs a plan to its end. @returns node a's claim, if there was one, and its outcome. */
async function run(name: string, options: { plan?: Plan; text?: string; noCache?: boolean } = {}): Promise<Ended> {
  const { plan: followed = plan, text = "hello", noCache = false } = options;
  await startTestRun(log, store, followed, name, text, { noCache });
  const stop = new AbortController();
  for await (const _end of log.follow([subjects.outcome(followed.pipeline, name)], { signal: stop.signal }))
    stop.abort();
  const bodies: NonNullable<Event["body"]>[] = [];
  for await (const entry of log.read([subjects.journal(followed.pipeline, name, "a", "a")])) {
    const body = decodeEvent(entry.data)?.body;
    if (body) bodies.push(body);
  }
  const claimed = bodies.find((body) => body.$case === "claimed")?.value;
  return { claimed, completed: bodies.find((body) => body.$case === "completed")?.value };
}

function outputPlace({ completed }: Ended): string {
  return fileURLToPath(store.uriOf(completed?.outputs[0]?.artifact?.digest ?? ""));
}

async function revocations(key: string): Promise<string[]> {
  const reasons: string[] = [];
  for await (const entry of log.read([subjects.cache("a", key)])) {
    const body = decodeEvent(entry.data)?.body;
    if (body?.$case === "cacheRevoked") reasons.push(body.value.reason);
  }
  return reasons;
}

describe("an execution", () => {
  it("is reused by later runs, of other pipelines too", async () => {
    const first = await run("r1");
    expect(first.claimed?.cacheMiss).toBe(CacheMiss.CACHE_MISS_NO_ENTRY);
    for (const ended of [await run("r2"), await run("q1", { plan: testPlan("q", nodes) })]) {
      expect(ended.claimed).toBeUndefined();
      expect(ended.completed?.reused).toMatchObject({ pipeline: "p", run: "r1", node: "a" });
      expect(ended.completed?.outputs).toEqual(first.completed?.outputs);
    }
  });

  it("is reused by a node of another name and with other retries: neither changes bytes", async () => {
    await run("r1");
    const other = testPlan("p2", { a: { ...nodes.a, attemptsMax: 7 } });
    expect((await run("r2", { plan: other })).completed?.reused?.run).toBe("r1");
  });

  it("is not reused on other data: nobody has executed that", async () => {
    await run("r1");
    const other = await run("r2", { text: "other" });
    expect(other.completed?.reused).toBeUndefined();
    expect(other.claimed?.cacheMiss).toBe(CacheMiss.CACHE_MISS_NO_ENTRY);
  });

  it("is neither reused by nor offered by a run without the cache", async () => {
    const first = await run("r1", { noCache: true });
    expect(first.claimed).toMatchObject({ cacheMiss: CacheMiss.CACHE_MISS_OFF_FOR_RUN, cacheKey: "" });
    expect((await run("r2")).claimed?.cacheMiss).toBe(CacheMiss.CACHE_MISS_NO_ENTRY);
    expect((await run("r3", { noCache: true })).completed?.reused).toBeUndefined();
    expect((await run("r4")).completed?.reused?.run).toBe("r2");
  });

  it("is neither reused by nor offered by a node without the cache, which is claimed at once", async () => {
    const off = testPlan("off", { a: { ...nodes.a, cache: false } });
    expect((await run("r1", { plan: off })).claimed?.cacheMiss).toBe(CacheMiss.CACHE_MISS_OFF_FOR_NODE);
    expect((await run("r2", { plan: off })).completed?.reused).toBeUndefined();
    expect((await run("r3")).claimed?.cacheMiss).toBe(CacheMiss.CACHE_MISS_NO_ENTRY);
  });

  it("whose bytes are gone is executed again, the entry revoked, and the next run reuses the new one", async () => {
    const first = await run("r1");
    rmSync(outputPlace(first), { recursive: true });
    const second = await run("r2");
    expect(second.claimed?.cacheMiss).toBe(CacheMiss.CACHE_MISS_BYTES_GONE);
    expect(await revocations(second.claimed?.cacheKey ?? "")).toEqual([
      expect.stringMatching(/output out \(sha256:[0-9a-f]{64}\) are gone/),
    ]);
    expect((await run("r3")).completed?.reused?.run).toBe("r2");
  });

  it("whose bytes were altered, their number unchanged, is executed again, which mends them", async () => {
    const first = await run("r1");
    const file = `${outputPlace(first)}/text`;
    chmodSync(file, 0o644);
    writeFileSync(file, "x".repeat(Number(first.completed?.outputs[0]?.artifact?.bytes)));
    const second = await run("r2");
    expect(second.claimed?.cacheMiss).toBe(CacheMiss.CACHE_MISS_BYTES_GONE);
    expect(await revocations(second.claimed?.cacheKey ?? "")).toEqual([expect.stringMatching(/were altered/)]);
    await store.open(first.completed?.outputs[0]?.artifact?.digest ?? "");
    expect((await run("r3")).completed?.reused?.run).toBe("r2");
  });
});
