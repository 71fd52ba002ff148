import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commitFiles, DirectoryKeeper, DirectoryStore, planReader } from "../../artifacts/mod.ts";
import type { Agent } from "../../component/agent/agent.ts";
import { decodeEvent } from "../../journal/mod.ts";
import { MemoryLog, subjectsOf, systemClock } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { hexOf } from "../../model/mod.ts";
import { foldRuns } from "../../projections/mod.ts";
import { startTestAgent, startTestRun } from "../../testing/memory-stack.ts";
import type { TestComponent } from "../../testing/memory-stack.ts";
import { testPlan } from "../../testing/plans.ts";
import { collectGarbage } from "./collect.ts";
import type { CollectionReport, CollectOptions } from "./collect.ts";
import { pin, unpin } from "./pin.ts";
import type { StoreKeeper } from "./store-keeper.ts";

const subjects = subjectsOf("mr");

/** One node that copies the dataset, so that equal datasets give equal outputs. */
const plan = testPlan("one", { copy: { inputs: { in0: "source.dataset:Dataset" } } });
const copy: TestComponent = {
  inputs: ["Dataset"],
  work: async ({ inputs }) => ({ out: { text: `copy of ${inputs["in0"]}` } }),
};

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

const settings = { keepRuns: 1, apply: true, graceMs: 0 };

function collect(more: Partial<CollectOptions> = {}, keeper: StoreKeeper = new DirectoryKeeper(directory)) {
  return collectGarbage(log, keeper, { ...settings, readPlanArtifact: planReader(store), ...more });
}

/** Runs the pipeline on a text. @returns the digests of its dataset and of its one output. */
async function run(id: string, text: string, of = plan): Promise<{ dataset: string; output: string }> {
  if (agents.length === 0) agents.push((await startTestAgent(log, store, "copy", copy)).agent);
  await startTestRun(log, store, of, id, text);
  const stop = new AbortController();
  for await (const _entry of log.follow([subjects.outcome(of.pipeline, id)], { signal: stop.signal })) stop.abort();
  const fold = (await foldRuns(log)).get(id);
  const dataset = fold?.started?.body.dataset?.digest ?? "";
  return { dataset, output: fold?.nodes.get("copy")?.journal.completed?.outputs[0]?.artifact?.digest ?? "" };
}

/** What an artifact's chain says, oldest first. */
async function words(digest: string): Promise<string[]> {
  const said: string[] = [];
  for await (const entry of log.read([subjects.artifactChain(hexOf(digest))]))
    said.push(decodeEvent(entry.data)?.body?.$case ?? "");
  return said;
}

const digestsOf = ({ garbage }: CollectionReport): readonly string[] => garbage.map(({ digest }) => digest).sort();
const isThere = (digest: string): Promise<boolean> => store.has(digest);
const everything = (): readonly string[] => readdirSync(directory, { recursive: true }).map(String);

describe("collectGarbage()", () => {
  it("only tells what it would delete, unless it is told to", async () => {
    const old = await run("r1", "a");
    await run("r2", "b");
    const before = await log.leaderLastSequence();
    const report = await collect({ apply: false });
    expect(digestsOf(report)).toEqual([old.dataset, old.output].sort());
    expect(report.garbage.map(({ type, pipelines, run: by }) => [type, pipelines, by])).toEqual(
      expect.arrayContaining([
        ["Dataset", ["one"], "r1"],
        ["Examples", ["one"], "r1"],
      ]),
    );
    expect(await isThere(old.output)).toBe(true);
    expect(await log.leaderLastSequence()).toBe(before);
  });

  it("writes a tombstone, takes away what only older runs refer to, and deletes it", async () => {
    const old = await run("r1", "a");
    const kept = await run("r2", "b");
    const report = await collect();
    expect(report.trash).toEqual({
      artifacts: 0,
      bytes: 0,
      claims: 0,
      freed: { artifacts: 2, bytes: report.trash.freed.bytes },
    });
    expect(report.trash.freed.bytes).toBeGreaterThan(0);
    expect(await words(old.output)).toEqual(["collected"]);
    expect([await isThere(old.dataset), await isThere(old.output)]).toEqual([false, false]);
    expect([await isThere(kept.dataset), await isThere(kept.output)]).toEqual([true, true]);
    expect(everything().filter((path) => path.includes(hexOf(old.output)))).toEqual([]);
    expect((await foldRuns(log)).get("r1")?.nodes.get("copy")?.journal.completed?.outputs).toHaveLength(1);
  });

  it("keeps content that a kept run shares with an old one", async () => {
    const old = await run("r1", "same");
    const kept = await run("r2", "same");
    expect(kept).toEqual(old);
    expect(digestsOf(await collect())).toEqual([]);
  });

  it("lets the cache find nothing of what it took: the node runs again, and a later collection says it is back", async () => {
    const old = await run("r1", "a");
    await run("r2", "b");
    await collect();
    expect(await run("r3", "a")).toEqual(old);
    expect((await foldRuns(log)).get("r3")?.nodes.get("copy")?.journal.completed?.reused).toBeUndefined();
    expect([...(await collect()).restored].sort()).toEqual([old.dataset, old.output].sort());
    expect(await words(old.output)).toEqual(["collected", "restored"]);
    expect((await run("r4", "a")).output).toBe(old.output);
    expect((await foldRuns(log)).get("r4")?.nodes.get("copy")?.journal.completed?.reused?.run).toBe("r3");
  });

  it("keeps pinned artifacts and whatever a pinned run refers to, until the pin is taken away", async () => {
    const [first, second] = [await run("r1", "a"), await run("r2", "b")];
    await run("r3", "c");
    await pin(log, { kind: "artifact", digest: first.output }, "audit", isThere);
    await pin(log, { kind: "run", run: "r2" }, "audit", isThere);
    expect(digestsOf(await collect())).toEqual([first.dataset]);
    await unpin(log, { kind: "artifact", digest: first.output }, "done");
    await unpin(log, { kind: "run", run: "r2" }, "done");
    expect(digestsOf(await collect())).toEqual([first.output, second.dataset, second.output].sort());
  });

  it("pins nothing that is gone, and the same twice once", async () => {
    const old = await run("r1", "a");
    const kept = await run("r2", "b");
    await collect();
    const gone = pin(log, { kind: "artifact", digest: old.output }, "audit", isThere);
    await expect(gone).rejects.toMatchObject({ code: "collected" });
    const what = { kind: "artifact", digest: kept.output } as const;
    expect(await pin(log, what, "audit", isThere)).toMatchObject({ changed: true });
    expect(await pin(log, what, "audit", isThere)).toEqual({ sequence: null, changed: false });
  });

  it("leaves alone what other pipelines refer to when it is asked about one", async () => {
    const two = testPlan("two", { copy: { inputs: { in0: "source.dataset:Dataset" } } });
    const [alone, shared] = [await run("r1", "a"), await run("r2", "b")];
    await run("r3", "c");
    const other = await run("r4", "b", two);
    expect(other.dataset).toBe(shared.dataset);
    await run("r5", "d", two);
    expect(digestsOf(await collect({ pipeline: "one" }))).toEqual([alone.dataset, alone.output].sort());
    expect(digestsOf(await collect({ apply: false }))).toEqual([shared.dataset, shared.output].sort());
  });

  it("takes what no event names and what a crash left torn only when nobody has touched it for an hour", async () => {
    const unnamed = await commitFiles(store, "x", { "a.txt": "unnamed" }, { type: "Code" });
    const torn = await commitFiles(store, "x", { "a.txt": "torn" }, { type: "Code" });
    const place = fileURLToPath(store.uriOf(torn.digest));
    rmSync(`${place}.manifest.json`);
    expect(digestsOf(await collect())).toEqual([]);
    log = new MemoryLog({ clock: { ...systemClock, epochMs: () => Date.now() + 7_200_000 } });
    const report = await collect();
    expect(digestsOf(report)).toEqual([torn.digest, unnamed.digest].sort());
    expect(existsSync(place)).toBe(false);
  });
});
