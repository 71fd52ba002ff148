import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryStore } from "../../artifacts/mod.ts";
import type { Plan } from "../../contracts/millrace/metadata/v1/plan.ts";
import { registerPipeline } from "../../control/mod.ts";
import { createPlans } from "../../driver/mod.ts";
import { encodeEvent, MemoryLog, subjectsOf } from "../../log/mod.ts";
import { Retryable, Terminal } from "../../model/mod.ts";
import { copyEntry } from "../../testing/copy-entry.ts";
import { historyRun, writeHistories } from "../../testing/history/write-histories.ts";
import type { Fate } from "../../testing/history/write-histories.ts";
import { startTestAgent, startTestRun } from "../../testing/memory-stack.ts";
import type { TestRunOptions, TestWork } from "../../testing/memory-stack.ts";
import { testPlan } from "../../testing/plans.ts";
import type { Why } from "./explain-node.ts";
import { readWhy } from "./read-why.ts";

const noArtifact = (): Promise<never> => Promise.reject(new Error("no plan is that large here"));

async function whyIn(log: MemoryLog, pipeline: string, run: string, node: string, to?: number): Promise<Why> {
  const plans = createPlans(log, noArtifact);
  const last = to ?? (await log.leaderLastSequence());
  return readWhy(log, (reference) => plans.load(reference), { pipeline, run, node, to: last, nowMs: 0 });
}

describe("readWhy() of runs that agents carried", () => {
  const nodes = {
    a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" }, parametersJson: '{"epochs":30}' },
    b: { inputs: { a: "a.out:A" }, outputs: { out: "B" } },
    c: { inputs: { b: "b.out:B" }, outputs: { out: "C" } },
  };
  const plan = testPlan("p", nodes);
  const subjects = subjectsOf("mr");
  let directory: string;
  let store: DirectoryStore;
  let log: MemoryLog;
  let drain: () => Promise<unknown>;
  let broken: Error | undefined;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "why-"));
    store = new DirectoryStore(directory);
    log = new MemoryLog();
    broken = undefined;
    const work: TestWork = async ({ node, inputs }) => {
      if (node === "b" && broken) throw broken;
      return { out: { text: `${node} of ${Object.values(inputs).join()}` } };
    };
    const started = await Promise.all(
      [
        ["a", "Dataset"],
        ["b", "A"],
        ["c", "B"],
      ].map(([name = "", type = ""]) => startTestAgent(log, store, name, { inputs: [type], work })),
    );
    drain = () => Promise.all(started.map(({ agent }) => agent.drain(0)));
  });

  afterEach(async () => {
    await drain();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Runs a plan, registered first, to its end. */
  async function run(name: string, options: TestRunOptions & { plan?: Plan; text?: string } = {}): Promise<void> {
    const followed = options.plan ?? plan;
    await registerPipeline(log, followed, noArtifact);
    await startTestRun(log, store, followed, name, options.text ?? "hello", options);
    const stop = new AbortController();
    const ends = log.follow([subjects.outcome(followed.pipeline, name)], { signal: stop.signal });
    for await (const _end of ends) stop.abort();
  }

  async function bundle(source: string): Promise<string> {
    const staging = await store.stage("bundle", "model");
    writeFileSync(`${staging.path}/model.js`, source);
    return (await store.commit(staging, { type: "Bundle" })).digest;
  }

  /** The plan with user code in b. */
  function withCode(digest: string): Plan {
    const code = [{ parameter: "model", digest, exportName: "model", module: "./model.ts" }];
    return { ...plan, nodes: plan.nodes.map((node) => (node.name === "b" ? Object.assign({}, node, { code }) : node)) };
  }

  const why = (name: string, node: string, pipeline = "p") => whyIn(log, pipeline, name, node);

  it("says of the first run that nobody had done this before", async () => {
    await run("r1");
    const answer = await why("r1", "b");
    expect(answer).toMatchObject({ verdict: "ran", cache: { hit: false, miss: "no-entry", earlier: null } });
    expect(answer.summary).toBe("b ran, and reused nothing: no b had executed before.");
    expect(answer.causes.map(({ type }) => type)).toEqual([
      "millrace.pipeline.registered.v1",
      "millrace.run.started.v1",
      "millrace.completed.v1",
      "millrace.claimed.v1",
      "millrace.completed.v1",
    ]);
  });

  it("names the execution that was reused", async () => {
    await run("r1");
    await run("r2");
    const answer = await why("r2", "b");
    expect(answer).toMatchObject({ verdict: "reused", cache: { hit: true, miss: null } });
    expect(answer.summary).toMatch(
      /^b reused the outcome of run r1's b \(message \d+\), which did the same: cache key/,
    );
    expect(answer.causes.map(({ sentence }) => sentence)).toContainEqual(
      expect.stringMatching(/^Run r1's b completed/),
    );
  });

  it("names the code that was edited, by both digests, and what that changed further on", async () => {
    const [old, edited] = [await bundle("units: 16"), await bundle("units: 12")];
    await run("r1", { plan: withCode(old) });
    await run("r2", { plan: withCode(edited) });
    expect((await why("r2", "a")).verdict).toBe("reused");
    const answer = await why("r2", "b");
    expect(answer.summary).toMatch(/^b ran, and reused nothing: unlike in run r1's b \(message \d+\), code model /);
    expect(answer.summary).toContain(`code model (./model.ts) is ${edited}, and was ${old}.`);
    expect(answer.cache?.earlier).toMatchObject({ pipeline: "p", run: "r1", node: "b" });
    expect(answer.causes.some(({ sentence }) => sentence.startsWith("Version 2 of pipeline p"))).toBe(true);
  });

  it("names the input that differed, and whose output it is", async () => {
    await run("r1");
    await run("r2", { text: "other" });
    expect((await why("r2", "a")).summary).toMatch(
      /input data is sha256:\w{64} from source\.dataset, and was sha256:\w{64}\./,
    );
    expect((await why("r2", "b")).summary).toMatch(/input a is sha256:\w{64} from a\.out, and was sha256:\w{64}\./);
  });

  it("names the parameter that differed, found in another pipeline where this one has no earlier run", async () => {
    await run("r1");
    const other = testPlan("q", { ...nodes, a: { ...nodes.a, parametersJson: '{"epochs":5}' } });
    await run("r2", { plan: other });
    const answer = await why("r2", "a", "q");
    expect(answer.summary).toMatch(/unlike in run r1's a \(message \d+\), parameter epochs is 5, and was 30\./);
    expect(answer.cache?.earlier).toMatchObject({ pipeline: "p", run: "r1" });
  });

  it("says that the cache was off: for the run, or for the node", async () => {
    await run("r1", { noCache: true });
    const off = await why("r1", "b");
    expect(off).toMatchObject({ cache: { miss: "off-for-run", key: "" } });
    expect(off.summary).toBe("b ran, and reused nothing: the run never uses the cache.");
    await run("r2", { plan: testPlan("p", { ...nodes, b: { ...nodes.b, cache: false } }) });
    expect((await why("r2", "b")).summary).toBe(
      "b ran, and reused nothing: its pipeline switches the cache off for it.",
    );
    await run("r3");
    expect((await why("r3", "a")).summary).toMatch(/^a reused the outcome of run r2's a/);
    expect((await why("r3", "b")).summary).toMatch(/run r2's b \(message \d+\) did the same without the cache/);
  });

  it("says that bytes are gone, and shows the revocation", async () => {
    await run("r1");
    const digest = (await why("r1", "b")).causes.at(-1)?.sentence.match(/sha256:\w{64}/)?.[0] ?? "";
    rmSync(fileURLToPath(store.uriOf(digest)), { recursive: true });
    await run("r2");
    const answer = await why("r2", "b");
    expect(answer).toMatchObject({ verdict: "ran", cache: { miss: "bytes-gone" } });
    expect(answer.summary).toContain(`the bytes of its output out (${digest}) are gone from the store`);
    expect(answer.causes.map(({ type }) => type)).toContain("millrace.cache.revoked.v1");
  });

  it("says what failed, with its attempts, and follows skipped nodes back to it", async () => {
    broken = new Terminal("user-code", "no such bird", { file: "model.ts", line: 12 });
    await run("r1");
    expect(await why("r1", "b")).toMatchObject({
      verdict: "failed",
      summary: "b failed for good in attempt 1 of 3 (user-code): no such bird. At model.ts:12.",
    });
    const skipped = await why("r1", "c");
    expect(skipped).toMatchObject({ verdict: "skipped", cache: null });
    expect(skipped.summary).toBe(
      "c was skipped, as its input b will not come: b failed. b failed for good in attempt 1 of 3 (user-code): no such bird. At model.ts:12.",
    );
  });

  it("shows each attempt of a node that was tried again", async () => {
    broken = new Retryable("store-away", "the store was away");
    await run("r1");
    const answer = await why("r1", "b");
    expect(answer.causes.filter(({ type }) => type === "millrace.failed.v1").map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(/^b failed in attempt 1 of 3 .*The next attempt is due at \d{4}-/),
      expect.stringMatching(/^b failed in attempt 2 of 3 /),
      expect.stringMatching(/^b failed for good in attempt 3 of 3 /),
    ]);
  });

  it("refuses a node that the run has not, and lists those it has", async () => {
    await run("r1");
    await expect(why("r1", "x")).rejects.toMatchObject({
      code: "unknown-node",
      message: expect.stringContaining("It has source, a, b, c") as string,
    });
  });

  it("takes no notice of what a stranger writes on the run's subjects", async () => {
    await run("r1");
    const before = await why("r1", "b");
    for (const subject of [subjects.journal("p", "r1", "b", "b"), subjects.control("p", "r1")]) {
      const forged = { id: "f".repeat(32), body: { $case: "cancelRequested" as const, value: { reason: "forged" } } };
      await log.append(subject, encodeEvent(forged));
      await log.append(subject, new TextEncoder().encode("garbage"));
    }
    const last = await log.leaderLastOf(subjects.journal("p", "r1", "a", "a"));
    if (last) await log.append(subjects.journal("p", "r0", "b", "b"), last.data);
    expect({ ...(await why("r1", "b")), atSequence: 0 }).toEqual({ ...before, atSequence: 0 });
    await run("r2", { text: "other" });
    expect((await why("r2", "b")).cache?.earlier).toMatchObject({ run: "r1" });
  });

  it("explains the source too: who published what", async () => {
    await run("r1");
    expect(await why("r1", "source")).toMatchObject({ verdict: "ran", cache: null });
  });
});

describe("readWhy() of every fate a run may have", () => {
  const fates: readonly Fate[] = [
    "succeeded",
    "reused",
    "retried",
    "failed",
    "resumed",
    "cancelled",
    "running",
    "queued",
  ];
  const fateOfIndex = (index: number): Fate => fates[index] ?? "succeeded";
  const pipeline = "penguins";
  let log: MemoryLog;

  beforeEach(async () => {
    log = new MemoryLog();
    await writeHistories(log, fates.length, fateOfIndex);
  });

  const of = (fate: Fate, node: string, to?: number) => whyIn(log, pipeline, historyRun(fates.indexOf(fate)), node, to);

  it.each<[Fate, string, string, RegExp]>([
    ["succeeded", "model", "ran", /^model ran, and reused nothing: no trainer had executed before\.$/],
    ["succeeded", "pushed", "ran", /pusher acts outside the store and never reuses\.$/],
    ["retried", "model", "ran", /It took 2 attempts\.$/],
    ["failed", "model", "failed", /^model failed for good in attempt 1 of 3 \(user-code\)/],
    ["failed", "pushed", "skipped", /^pushed was skipped, as its input model will not come: .* model failed for good/],
    ["resumed", "pushed", "ran", /^pushed ran/],
    ["cancelled", "model", "cancelled", /^model was cancelled: no longer wanted\.$/],
    ["running", "model", "running", /^model is running since .*, attempt 1 of 3\. It reused nothing: unlike in run/],
    ["running", "pushed", "waiting", /^pushed waits for model and blessing\. model is running since/],
    [
      "queued",
      "examples",
      "ready",
      /^All inputs of examples are there, and no replica of example-gen has claimed it\./,
    ],
    ["queued", "model", "waiting", /^model waits for features\. All inputs of examples are there/],
  ])("%s: %s %s", async (fate, node, verdict, summary) => {
    const answer = await of(fate, node);
    expect(answer.verdict).toBe(verdict);
    expect(answer.summary).toMatch(summary);
  });

  it("tells of a resumed run how it failed first, and that it was resumed", async () => {
    const types = (await of("resumed", "pushed")).causes.map(({ type }) => type.split(".").slice(1, -1).join("."));
    expect(
      types.filter((type) => ["failed", "skipped", "run.failed", "resumed", "push.intended", "pushed"].includes(type)),
    ).toEqual(["failed", "skipped", "run.failed", "resumed", "push.intended", "pushed"]);
  });

  it("gives at any message what the log cut there gives, its causes ascending and no later", async () => {
    const last = await log.leaderLastSequence();
    const cut = new MemoryLog();
    for (let to = 1; to <= last; to++) {
      const entry = await log.get(to);
      if (entry) await copyEntry(cut, entry);
      if (to % 41 !== 0) continue;
      const started = fates.filter((_, index) =>
        cut.stream.lastOf(subjectsOf("mr").started(pipeline, historyRun(index))),
      );
      for (const fate of started)
        for (const node of ["model", "pushed"]) {
          const answer = await of(fate, node, to);
          const sequences = answer.causes.map(({ sequence }) => sequence);
          expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
          expect(sequences.at(-1)).toBeLessThanOrEqual(to);
          const onCut = await whyIn(cut, pipeline, historyRun(fates.indexOf(fate)), node);
          expect(withoutTimes(answer)).toEqual(withoutTimes(onCut));
        }
    }
  });
});

/** Times of the copied log are its own. */
function withoutTimes(answer: Why): unknown {
  return JSON.parse(JSON.stringify({ ...answer, nextAttemptAt: null }).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "then"));
}
