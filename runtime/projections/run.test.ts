import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DirectoryStore } from "../artifacts/mod.ts";
import { decodeEvent } from "../journal/mod.ts";
import { MemoryLog, subjectsOf } from "../log/mod.ts";
import type { LogEntry } from "../log/mod.ts";
import { Terminal } from "../model/mod.ts";
import { startTestAgent, startTestRun } from "../testing/memory-stack.ts";
import type { TestWork } from "../testing/memory-stack.ts";
import { testPlan } from "../testing/plans.ts";
import { artifactsOf } from "./artifacts.ts";
import { findRun } from "./find-run.ts";
import { lineageAround, lineageOf } from "./lineage.ts";
import { emptyRun, evolveRun, foldRun } from "./run.ts";
import type { RunFold } from "./run.ts";
import { viewRun } from "./run-view.ts";
import { listRuns } from "./runs.ts";

const plan = testPlan("p", {
  a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" } },
  b: { inputs: { a: "a.out:A" }, outputs: { out: "B" } },
  c: { inputs: { b: "b.out:B" }, outputs: { out: "C" } },
});
const uriOf = (digest: string) => `test:${digest}`;
const options = { uriOf, nowMs: 0 };

const write: TestWork = async ({ node, inputs }) => ({ out: { text: `${node} ${Object.values(inputs).join()}` } });

let directory: string;
let log: MemoryLog;
let entries: LogEntry[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "projections-"));
  const store = new DirectoryStore(directory);
  log = new MemoryLog();
  const fails: TestWork = (call) =>
    call.inputs["a"] && call.node === "b" && failing ? Promise.reject(new Terminal("user-code", "bad")) : write(call);
  let failing = false;
  const agents = await Promise.all(
    [
      ["a", "Dataset", write],
      ["b", "A", fails],
      ["c", "B", write],
    ].map(([name, type, work]) =>
      startTestAgent(log, store, name as string, { inputs: [type as string], work: work as TestWork }),
    ),
  );
  for (const [run, text] of [
    ["good", "one"],
    ["cached", "one"],
    ["bad", "two"],
  ] as const) {
    failing = run === "bad";
    await startTestRun(log, store, plan, run, text);
    await ended(run);
  }
  await Promise.all(agents.map(({ agent }) => agent.drain(0)));
  entries = [];
  for await (const entry of log.read([])) entries.push(entry);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function ended(run: string): Promise<void> {
  const stop = new AbortController();
  const outcomes = log.follow([subjectsOf("mr").outcome("p", run)], { signal: stop.signal });
  for await (const _entry of outcomes) stop.abort();
}

async function fold(run: string): Promise<RunFold> {
  return foldRun("p", run, log.read([subjectsOf("mr").filters.run("p", run)]));
}

describe("a run's fold", () => {
  it("is the same folded whole or in two parts, whatever else is on the log", () => {
    fc.assert(
      fc.property(fc.constantFrom("good", "cached", "bad"), fc.nat(200), (run, cut) => {
        const at = Math.min(cut, entries.length);
        const prefix = entries.slice(0, at).reduce(evolveRun, emptyRun("p", run));
        const whole = entries.reduce(evolveRun, emptyRun("p", run));
        expect(entries.slice(at).reduce(evolveRun, prefix)).toEqual(whole);
      }),
    );
  });

  it("says what ran, on what, and how it ended", async () => {
    const view = viewRun(await fold("good"), plan, options);
    expect(view).toMatchObject({ run: "good", state: "succeeded", reason: null });
    expect(view.nodes.map(({ node, state, attempts, cached }) => [node, state, attempts, cached])).toEqual([
      ["a", "succeeded", 1, false],
      ["b", "succeeded", 1, false],
      ["c", "succeeded", 1, false],
    ]);
    expect(view.nodes[1]?.inputs).toEqual([
      { name: "a", type: "A", fromNode: "a", digest: view.nodes[0]?.outputs[0]?.digest },
    ]);
  });

  it("shows reused nodes with the run that did the work", async () => {
    const view = viewRun(await fold("cached"), plan, options);
    expect(view.nodes.map(({ cached, reused }) => [cached, reused?.run])).toEqual([
      [true, "good"],
      [true, "good"],
      [true, "good"],
    ]);
  });

  it("names the failed node, and skips what follows", async () => {
    const view = viewRun(await fold("bad"), plan, options);
    expect(view).toMatchObject({ state: "failed", reason: "b: bad" });
    expect(view.nodes.map(({ state }) => state)).toEqual(["succeeded", "failed", "skipped"]);
    expect(view.nodes[1]?.failure).toMatchObject({ code: "user-code", message: "bad" });
  });

  it("can be seen as it was at any message", () => {
    const states = entries.map(
      (_, index) => viewRun(entries.slice(0, index + 1).reduce(evolveRun, emptyRun("p", "good")), plan, options).state,
    );
    expect(new Set(states)).toEqual(new Set(["queued", "running", "succeeded"]));
  });
});

describe("reads over all runs", () => {
  it("list runs newest first, and find them by prefix or as latest", async () => {
    expect((await listRuns(log, 0)).map(({ run, state }) => [run, state])).toEqual([
      ["bad", "failed"],
      ["cached", "succeeded"],
      ["good", "succeeded"],
    ]);
    expect(await findRun(log, "go")).toMatchObject({ pipeline: "p", run: "good" });
    expect(await findRun(log, "latest")).toMatchObject({ pipeline: "p", run: "bad" });
    await expect(findRun(log, "x")).rejects.toMatchObject({ code: "unknown-run" });
  });

  it("end at a sequence when asked", async () => {
    const second = entries.find(
      ({ subject, data }) => subject.includes(".cached.") && decodeEvent(data)?.body?.$case === "runStarted",
    );
    const before = (second?.sequence ?? 0) - 1;
    expect((await listRuns(log, 0, { to: before })).map(({ run }) => run)).toEqual(["good"]);
  });

  it("connect artifacts by the executions that made them, reused ones by those that did the work", async () => {
    const lineage = lineageOf([await fold("good"), await fold("cached")], uriOf);
    expect(lineage.executions.map(({ id }) => id).sort()).toEqual(["good/a", "good/b", "good/c"]);
    expect(lineage.artifacts.map(({ type }) => type).sort()).toEqual(["A", "B", "C", "Dataset"]);
    expect(lineage.edges).toHaveLength(6);
    const made = lineage.artifacts.find(({ type }) => type === "B");
    const around = lineageAround(lineage, made?.digest ?? "");
    expect(around.artifacts.map(({ type }) => type).sort()).toEqual(["A", "B", "C", "Dataset"]);
  });

  it("list each artifact once, where it was first made", async () => {
    const records = artifactsOf([await fold("good"), await fold("cached")], uriOf);
    expect(records.map(({ type, run, node }) => [type, run, node])).toEqual([
      ["Dataset", "good", "source"],
      ["A", "good", "a"],
      ["B", "good", "b"],
      ["C", "good", "c"],
    ]);
  });
});
