import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryStore } from "millrace/artifacts";
import { CacheMiss } from "millrace/contracts/millrace/event/v1/event.ts";
import type { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import { requestCancel } from "millrace/control";
import { createPlans } from "millrace/driver";
import { decodeEvent, emptyJournal } from "millrace/journal";
import { appendEvent, MemoryLog, newEventId, subjectsOf } from "millrace/log";
import { endRun, writeJournal } from "millrace/publisher";
import { startTestRun, testPlan } from "millrace/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startSweeper } from "./sweeper.ts";
import type { Sweeper } from "./sweeper.ts";

const subjects = subjectsOf("mr");
/** Shorter than an attempt of the plan may take (60 s). */
const silentMs = 10_000;
const plan = testPlan("p", {
  a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" } },
  b: { inputs: { a: "a.out:A" } },
});

let directory: string;
let log: MemoryLog;
let sweeper: Sweeper;
/** What the sweeper may be troubled by; undefined where nothing may trouble it. */
let troubles: unknown[] | undefined;

const onTrouble = (error: unknown): void => {
  if (troubles === undefined) expect.fail(String(error));
  troubles.push(error);
};

beforeEach(async () => {
  troubles = undefined;
  directory = mkdtempSync(join(tmpdir(), "sweeper-"));
  log = new MemoryLog();
  await startTestRun(log, new DirectoryStore(directory), plan, "r", "hello");
  const plans = createPlans(log, () => Promise.reject(new Error("small")));
  sweeper = startSweeper({ log, subjects, plans, silentMs, onTrouble });
});

afterEach(async () => {
  await sweeper[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function bodies(subject: string): Promise<NonNullable<Event["body"]>[]> {
  const found: NonNullable<Event["body"]>[] = [];
  for await (const entry of log.read([subject])) {
    const body = decodeEvent(entry.data)?.body;
    if (body) found.push(body);
  }
  return found;
}

/** Sweeps as of so long from now, after the sweeper has seen all there is. */
async function sweepIn(ms: number): Promise<void> {
  await sweeper.caughtUp(log.stream.lastSequence);
  await sweeper.sweep(Date.now() + ms);
}

const claim = {
  durable: "d",
  triggerSequence: 1n,
  inputs: [],
  environment: undefined,
  cacheKey: "",
  blessedSequence: 0n,
  cacheMiss: CacheMiss.CACHE_MISS_UNSPECIFIED,
};

async function write(node: string, command: Parameters<typeof writeJournal>[4]): Promise<string> {
  const placed = plan.nodes.find(({ name }) => name === node);
  if (placed === undefined) throw new Error(`no node ${node}`);
  const written = await writeJournal(
    log,
    subjects,
    { pipeline: "p", run: "r", node: placed },
    emptyJournal,
    command,
    newEventId(),
  );
  if (written.kind !== "written") throw new Error("the test's own claim was refused");
  return written.eventId;
}

it("a run that says nothing for long is nudged, once a sweep", async () => {
  await sweepIn(silentMs - 1_000);
  expect(await bodies(subjects.control("p", "r"))).toEqual([]);
  await sweepIn(silentMs + 1_000);
  expect(await bodies(subjects.control("p", "r"))).toMatchObject([{ $case: "nudged", value: { reason: "silent" } }]);
});

it("a run with a live claim is left alone, until the claim is older than an attempt may be", async () => {
  await write("a", { type: "claim", epoch: 0, claim });
  await sweepIn(30_000);
  expect(await bodies(subjects.control("p", "r"))).toEqual([]);
  await sweepIn(70_000);
  expect(await bodies(subjects.control("p", "r"))).toHaveLength(1);
});

it("a cancelled run's unclaimed nodes are cancelled, and the run ends", async () => {
  await requestCancel(log, "p", "r", "enough");
  await sweepIn(0);
  expect(await bodies(subjects.outcome("p", "r"))).toMatchObject([{ $case: "runCancelled" }]);
});

it("a cancelled run's claim is left to its holder, until it is older than a claim may be", async () => {
  await write("a", { type: "claim", epoch: 0, claim });
  await requestCancel(log, "p", "r", "enough");
  await sweepIn(59_000);
  expect(await bodies(subjects.outcome("p", "r"))).toEqual([]);
  await sweepIn(61_000);
  expect(await bodies(subjects.outcome("p", "r"))).toMatchObject([
    { $case: "runCancelled", value: { reason: "the run was cancelled: enough" } },
  ]);
});

it("a run whose plan is nowhere is told, and keeps no other from being mended", async () => {
  const started = decodeEvent((await log.leaderLastOf(subjects.started("p", "r")))?.data ?? new Uint8Array());
  if (started?.body?.$case !== "runStarted") throw new Error("the test's run has a start");
  const value = { ...started.body.value, run: "q", planDigest: "sha256:nowhere", planSequence: 0n };
  troubles = [];
  const start = { id: newEventId(), body: { $case: "runStarted" as const, value } };
  await appendEvent(log, subjects.started("p", "q"), start, { expectLastSequence: 0 });
  await requestCancel(log, "p", "r", "enough");
  await sweepIn(silentMs + 1_000);
  expect(troubles).toMatchObject([{ code: "plan-missing" }]);
  expect(await bodies(subjects.outcome("p", "r"))).toHaveLength(1);
});

it("an ended run whose last Completed lacks its fan-out is nudged", async () => {
  const outputs = [{ name: "out", artifact: { type: "A", digest: "sha256:", bytes: 0n, files: 0, properties: {} } }];
  const reused = { pipeline: "p", run: "q", component: "a", node: "a", completedEventId: "e", completedSequence: 1n };
  const completed = {
    claimEventId: "",
    outputs,
    reused,
    metrics: {},
    environment: undefined,
    inputs: [],
    cacheKey: "",
    note: "",
  };
  await write("a", { type: "complete", epoch: 0, completed });
  await write("b", { type: "skip", epoch: 0, skipped: { input: "a", causeNode: "a", reason: "a test" } });
  expect(await endRun(log, subjects, { pipeline: "p", run: "r", plan }, 0)).toMatchObject({ kind: "succeeded" });
  await sweepIn(silentMs + 1_000);
  expect(await bodies(subjects.control("p", "r"))).toMatchObject([
    { $case: "nudged", value: { reason: "fan-out-missing" } },
  ]);
});
