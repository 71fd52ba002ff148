import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryKeeper, DirectoryStore, planReader } from "../../artifacts/mod.ts";
import type { Agent } from "../../component/agent/agent.ts";
import { MemoryLog, subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { Retryable } from "../../model/mod.ts";
import { foldRuns, RetentionLedger } from "../../projections/mod.ts";
import type { RunFold } from "../../projections/mod.ts";
import { startTestAgent, startTestRun } from "../../testing/memory-stack.ts";
import type { TestComponent } from "../../testing/memory-stack.ts";
import { testPlan } from "../../testing/plans.ts";
import { collectGarbage } from "./collect.ts";
import type { CollectOptions } from "./collect.ts";
import type { StoreKeeper } from "./store-keeper.ts";

const subjects = subjectsOf("mr");

const plan = testPlan("one", {
  first: { component: "copy", inputs: { in0: "source.dataset:Dataset" } },
  second: { component: "copy", inputs: { in0: "first.out:Examples" }, cache: false },
});
const work: TestComponent["work"] = async ({ node, inputs }) => ({ out: { text: `${node} of ${inputs["in0"]}` } });
const types = ["Dataset", "Examples"];

let directory: string;
let store: DirectoryStore;
let log: Log;
let agents: Agent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "collect-"));
  store = new DirectoryStore(directory);
  log = new MemoryLog();
  agents = [];
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.drain(0)));
  rmSync(directory, { recursive: true, force: true });
});

async function startAgents(count: number, component: TestComponent = { inputs: types, work }): Promise<void> {
  for (let replica = 0; replica < count; replica++)
    agents.push((await startTestAgent(log, new DirectoryStore(directory), "copy", component)).agent);
}

function collect(keeper: StoreKeeper = new DirectoryKeeper(directory), more: Partial<CollectOptions> = {}) {
  return collectGarbage(log, keeper, {
    keepRuns: 1,
    apply: true,
    graceMs: 0,
    readPlanArtifact: planReader(store),
    ...more,
  });
}

async function ended(id: string): Promise<RunFold | undefined> {
  const stop = new AbortController();
  for await (const _entry of log.follow([subjects.outcome("one", id)], { signal: stop.signal })) stop.abort();
  return (await foldRuns(log)).get(id);
}

async function run(id: string, text: string): Promise<RunFold | undefined> {
  await startTestRun(log, store, plan, id, text);
  return ended(id);
}

function digestsOf(fold: RunFold | undefined): readonly string[] {
  const outputs = [...(fold?.nodes.values() ?? [])].flatMap(({ journal }) => journal.completed?.outputs ?? []);
  const digests = outputs.map(({ artifact }) => artifact?.digest ?? "");
  return [fold?.started?.body.dataset?.digest ?? "", ...digests];
}

/** The run that is kept when one is. */
function newest(folds: ReadonlyMap<string, RunFold>): RunFold | undefined {
  return [...folds.values()].sort((a, b) => (a.started?.sequence ?? 0) - (b.started?.sequence ?? 0)).at(-1);
}

/** What a reader of every artifact of a run finds: nothing is missing, and nothing is damaged. */
async function readAll(fold: RunFold | undefined): Promise<void> {
  const reader = new DirectoryStore(directory);
  for (const digest of digestsOf(fold)) await reader.open(digest);
}

describe("collecting while runs go on", () => {
  it("loses nothing that a kept run refers to, however often it collects and equal bytes are made again", async () => {
    await startAgents(2);
    let freed = 0;
    let restored = 0;
    for (let round = 0; round < 24; round++) {
      // Each text comes again when what was made of it is just being collected.
      const runs = [0, 1].map((lane) => run(`r${round}-${lane}`, `text ${(round + lane) % 4}`));
      const collections = [0, 1].map(() => collect(undefined, { graceMs: 30 }));
      for (const fold of await Promise.all(runs)) {
        expect(fold?.outcome.state).toMatchObject({ kind: "succeeded" });
        expect(digestsOf(fold)).toHaveLength(3);
      }
      for (const { trash, restored: back } of await Promise.all(collections)) {
        freed += trash.freed.artifacts;
        restored += back.length;
      }
      await readAll(newest(await foldRuns(log)));
    }
    expect(freed).toBeGreaterThan(10);
    expect(restored).toBeGreaterThan(0);
  }, 60_000);

  it("brings back what a claim that was open has committed as it still lay there", async () => {
    const held = Promise.withResolvers<void>();
    const committing = Promise.withResolvers<void>();
    await startAgents(1);
    const old = await run("r1", "a");
    await run("r2", "b");
    await Promise.all(agents.splice(0).map((agent) => agent.drain(0)));
    // The third run's work has committed its output, and its agent says so only when it is let go on.
    const slow: TestComponent = {
      inputs: types,
      async work(call) {
        if (call.node === "first") {
          committing.resolve();
          await held.promise;
        }
        return work(call);
      },
    };
    await startAgents(1, slow);
    await startTestRun(log, store, plan, "r3", "a", { noCache: true });
    await committing.promise;
    const [, first = "", second = ""] = digestsOf(old);
    const report = await collect();
    expect(report.garbage.map(({ digest }) => digest)).toEqual(expect.arrayContaining([first, second]));
    expect(report.trash).toMatchObject({ artifacts: report.garbage.length, claims: 1, freed: { artifacts: 0 } });
    held.resolve();
    await readAll(await ended("r3"));
    const next = await collect();
    expect(next.trash).toMatchObject({ artifacts: 0, claims: 0 });
    expect(await store.has(first)).toBe(true);
    expect(await store.has(second)).toBe(true);
  });

  it("lets a reader that has a digest from the log read what lies in the trash", async () => {
    await startAgents(1);
    const old = await run("r1", "a");
    await run("r2", "b");
    const report = await collect(undefined, { graceMs: 3_600_000 });
    expect(report.trash).toMatchObject({ artifacts: 3, freed: { artifacts: 0 } });
    const [, first = ""] = digestsOf(old);
    expect(await store.has(first)).toBe(false);
    await store.open(first);
    expect(await store.has(first)).toBe(true);
  });
});

describe("several collections", () => {
  it("at once delete each artifact once, and keep what is kept", async () => {
    await startAgents(1);
    for (let id = 0; id < 4; id++) await run(`r${id}`, `text ${id}`);
    const kept = await run("r4", "kept");
    const reports = await Promise.all([collect(), collect(), collect()]);
    const collected = reports.flatMap(({ garbage }) => garbage.map(({ digest }) => digest));
    expect(collected).toHaveLength(12);
    expect(new Set(collected).size).toBe(12);
    await readAll(kept);
    await collect();
    expect(readdirSync(`${directory}/trash`)).toEqual([]);
  });

  const steps = ["discard", "seal", "empty"] as const;
  it.each(steps.flatMap((step) => [["before", step] as const, ["behind", step] as const]))(
    "go on where one died %s %s",
    async (when, step) => {
      await startAgents(1);
      const old = await run("r1", "a");
      const kept = await run("r2", "b");
      await expect(collect(dying(new DirectoryKeeper(directory), when, step))).rejects.toMatchObject({ code: "died" });
      await collect();
      await readAll(kept);
      for (const digest of digestsOf(old)) expect(await store.has(digest)).toBe(false);
      const left = readdirSync(directory, { recursive: true }).map(String);
      for (const digest of digestsOf(old)) expect(left.filter((path) => path.includes(digest.slice(7)))).toEqual([]);
      const ledger = new RetentionLedger();
      await ledger.advance(log);
      const tombs = [...ledger.artifacts].filter(([, { state }]) => state.collectedSequence !== undefined);
      expect(tombs.map(([digest]) => digest).sort()).toEqual([...digestsOf(old)].sort());
    },
  );
});

/** Process id of a process that has ended. */
const deadPid = spawnSync(process.execPath, ["--version"]).pid;

/** Leaves the trash as a process that was killed leaves it. */
function die(): never {
  const trash = `${directory}/trash`;
  for (const name of existsSync(trash) ? readdirSync(trash) : [])
    renameSync(`${trash}/${name}`, `${trash}/${name.replace(`-${process.pid}-`, `-${deadPid}-`)}`);
  throw new Retryable("died", "the process was killed");
}

/** A keeper whose process dies at a step, leaving what it had done; another process takes over what it left. */
function dying(keeper: DirectoryKeeper, when: "before" | "behind", step: "discard" | "seal" | "empty"): StoreKeeper {
  return new Proxy(keeper, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== step) return value.bind(target) as unknown;
      return async (...args: unknown[]) => {
        if (when === "before") die();
        await Reflect.apply(value, target, args);
        die();
      };
    },
  });
}
