import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, status as grpcStatus } from "@grpc/grpc-js";
import {
  type CancelRunResponse,
  ControlServiceClient,
  type ResumeRunResponse,
} from "millrace/contracts/millrace/control/v1/control.ts";
import type { CancelledRun, ResumedRun } from "millrace/control";
import type { RunView } from "millrace/projections";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { executorOf, isAlive, signal } from "./support/chaos/processes.ts";
import { answer } from "./support/grpc.ts";
import { OwnServer } from "./support/own-server.ts";
import { countByNode, eventsNow, eventsUntil, type RunEvent, wholeRun } from "./support/run-events.ts";
import { Workplace } from "./support/workplace.ts";

const csv = "penguins/penguins.csv";
const steps = ["first", "second", "third"];
/** Longest a claim may go on after its run was cancelled, in milliseconds of server time. */
const cancelledWithinMs = 2_000;
const backoffMs = 4_000;
const ackWaitMs = 2_000;

let work: Workplace;
let server: OwnServer;
let place: string;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "millrace-recovery-"));
  server = await OwnServer.start(place);
  work = new Workplace({ MILLRACE_NATS_URL: server.url, MILLRACE_ACK_WAIT_MS: String(ackWaitMs) });
  work.copyExample("penguins", "penguins");
  work.copyFixture("steps", "steps");
  work.copyFixture("mended", "mended");
  const millrace = { pipelines: ["mended/pipeline.ts", "steps/pipeline.ts"], services: { step: "steps/main.ts" } };
  writeFileSync(work.path("package.json"), JSON.stringify({ name: "work", private: true, type: "module", millrace }));
  await up();
});

afterAll(async () => {
  await work[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  rmSync(place, { recursive: true });
});

beforeEach(() => {
  for (const step of steps) rmSync(work.path(`${step}.does`), { force: true });
  writeFileSync(work.path("worked"), "");
});

async function up(): Promise<void> {
  const ran = await work.millrace("up");
  expect(ran.status, ran.stderr).toBe(0);
}

/** From its next execution on, a step does this instead of its work. */
function tell(step: string, what: "wait" | "block" | "retry" | "fail"): void {
  writeFileSync(work.path(`${step}.does`), what);
}

function letWork(step: string): void {
  rmSync(work.path(`${step}.does`));
}

/** Steps in the order in which they were executed since the test began. */
function worked(): readonly string[] {
  return readFileSync(work.path("worked"), "utf8").split("\n").filter(Boolean);
}

async function runThatFails(): Promise<string> {
  tell("second", "fail");
  const { run, state } = await work.runOn("steps", csv);
  expect(state).toBe("failed");
  return run;
}

/** Starts a run, and waits until a step has begun with what it was told. */
async function startAndBegin(step: string, what: "wait" | "block"): Promise<string> {
  tell(step, what);
  const run = await work.publish("steps", csv);
  await eventsUntil(server.url, run, ({ node, type }) => node === step && type === "claimed");
  await expect.poll(worked, { timeout: 20_000, interval: 20 }).toContain(step);
  return run;
}

const states = ({ nodes }: RunView): readonly string[] => nodes.map(({ node, state }) => `${node} ${state}`);
const ofNode = (events: readonly RunEvent[], node: string): readonly RunEvent[] =>
  events.filter((event) => event.node === node);

describe("millrace resume", () => {
  it("runs again what failed and was skipped, and leaves alone what completed", async () => {
    const run = await runThatFails();
    letWork("second");
    const resumed = await work.json<ResumedRun & { state: string }>(
      "resume",
      run,
      "--wait",
      "--reason",
      "told to work",
    );
    expect(resumed).toMatchObject({
      run,
      epoch: 1,
      nodes: ["second", "third"],
      planChanged: false,
      state: "succeeded",
    });
    expect(worked()).toEqual(["first", "second", "second", "third"]);
    const events = await eventsNow(server.url, run);
    expect(countByNode(events, "completed")).toEqual({ all: 1, first: 1, second: 1, third: 1 });
    const before = events.findLast(({ sequence }) => sequence < resumed.sequence);
    expect(before?.type).toBe("runFailed");
    expect(await work.run(run)).toMatchObject({ state: "succeeded", epoch: 1 });
  });

  it("refuses a run that goes on, saying what runs, and one that succeeded", async () => {
    const run = await startAndBegin("second", "wait");
    const early = await work.millrace("resume", run);
    expect([early.status, early.stderr]).toEqual([1, expect.stringContaining("second runs (attempt 1), third waits")]);
    expect((await work.millrace("cancel", run)).status).toBe(0);
    letWork("second");
    expect((await work.millrace("resume", run, "--wait")).status).toBe(0);
    const late = await work.millrace("resume", run);
    expect([late.status, late.stderr]).toEqual([1, expect.stringContaining("all completed")]);
  });

  it("goes on with code that was mended in between, as a new version of the pipeline", async () => {
    const { run, nodes, planDigest } = await work.runOn("mended", csv);
    expect(nodes.filter(({ state }) => state === "failed")).toMatchObject([{ node: "features" }]);
    const file = work.path("mended/preprocessing.ts");
    writeFileSync(file, readFileSync(file, "utf8").replace("boolean = false", "boolean = true"));
    const resumed = await work.json<ResumedRun & { state: string }>("resume", run, "--wait");
    expect(resumed).toMatchObject({ planChanged: true, state: "succeeded" });
    expect(resumed.planDigest).not.toBe(planDigest);
    const after = await work.run(run);
    expect(after).toMatchObject({ state: "succeeded", epoch: 1, planDigest: resumed.planDigest });
    expect(after.nodes.at(-1)?.codeDigest).not.toBe(nodes.at(-1)?.codeDigest);
    const { pipelines } = await work.json<{ pipelines: { pipeline: string; version: number; planDigest: string }[] }>(
      "pipeline",
      "list",
    );
    expect(pipelines).toContainEqual(
      expect.objectContaining({ pipeline: "mended", version: 2, planDigest: resumed.planDigest }),
    );
    const resumedEvent = (await eventsNow(server.url, run)).find(({ type }) => type === "resumed");
    expect(resumedEvent?.body).toMatchObject({ value: { plan: { digest: resumed.planDigest } } });
  });

  it("refuses a change of what has finished, naming it; --plan same goes on without it", async () => {
    const run = await runThatFails();
    const file = work.path("steps/pipeline.ts");
    const before = readFileSync(file, "utf8");
    writeFileSync(
      file,
      before.replace("csvExampleGen({ source })", "csvExampleGen({ source, splits: { train: 1, eval: 3 } })"),
    );
    const refused = await work.millrace("resume", run);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/node "all" has finished.*splits.*fork .* --from all/);
    letWork("second");
    const { status, stderr } = await work.millrace("resume", run, "--plan", "same", "--wait");
    expect(status, stderr).toBe(0);
    writeFileSync(file, before);
  });
});

describe("millrace cancel", () => {
  it.each([
    ["waits, and heeds its signal", "wait"],
    ["blocks its process, and heeds nothing", "block"],
  ] as const)("stops within two seconds work of a minute that %s", async (_how, what) => {
    const run = await startAndBegin("second", what);
    const cancelled = await work.json<CancelledRun>("cancel", run, "--reason", "changed my mind");
    expect(cancelled).toMatchObject({ run, state: "cancelled", reason: "the run was cancelled: changed my mind" });
    expect(cancelled.nodes.map(({ node, verdict }) => `${node} ${verdict}`)).toEqual([
      "all completed",
      "first completed",
      "second cancelled",
      "third cancelled",
    ]);
    const events = await wholeRun(server.url, run);
    const requested = events.find(({ type }) => type === "cancelRequested");
    expect(requested?.sequence).toBe(cancelled.sequence);
    for (const step of ["second", "third"]) {
      const ended = ofNode(events, step).find(({ type }) => type === "cancelled");
      const tookMs = (ended?.timeMs ?? Infinity) - (requested?.timeMs ?? 0);
      console.info(`${step} (${what}): cancelled ${tookMs} ms after the request`);
      expect(tookMs).toBeLessThan(cancelledWithinMs);
    }
    expect(states(await work.run(run))).toEqual([
      "all succeeded",
      "first succeeded",
      "second cancelled",
      "third cancelled",
    ]);
  });

  it("refuses a run that has ended, saying how", async () => {
    const run = await runThatFails();
    const { status, stderr } = await work.millrace("cancel", run);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/it has ended: it failed .*told to fail/)]);
  });
});

function control(): ControlServiceClient {
  return new ControlServiceClient(work.addressOf("ingest"), credentials.createInsecure());
}

describe("ControlService", () => {
  const ask = { pipeline: "steps", reason: "by gRPC" };

  it("cancels and resumes runs, and tells a client what its request met", async () => {
    const run = await startAndBegin("second", "wait");
    const [early, cancelling, late, resuming] = [control(), control(), control(), control()];
    const toResume = { ...ask, run, currentPlan: true };
    await expect(answer(early, (callback) => early.resumeRun(toResume, callback))).rejects.toMatchObject({
      code: grpcStatus.FAILED_PRECONDITION,
      message: expect.stringContaining("not-ended"),
    });
    const toCancel = { ...ask, run, waitMs: 10_000 };
    const cancelled = await answer<CancelRunResponse>(cancelling, (callback) =>
      cancelling.cancelRun(toCancel, callback),
    );
    expect(cancelled).toMatchObject({ state: "cancelled", reason: "the run was cancelled: by gRPC" });
    expect(cancelled.nodes.map(({ verdict }) => verdict)).toEqual(["completed", "completed", "cancelled", "cancelled"]);
    await expect(answer(late, (callback) => late.cancelRun(toCancel, callback))).rejects.toMatchObject({
      code: grpcStatus.FAILED_PRECONDITION,
      message: expect.stringContaining("already-ended"),
    });
    letWork("second");
    const resumed = await answer<ResumeRunResponse>(resuming, (callback) => resuming.resumeRun(toResume, callback));
    expect(resumed).toMatchObject({ epoch: 1, planChanged: false, nodes: ["second", "third"] });
    const ended = await eventsUntil(server.url, run, ({ type }) => type === "runSucceeded");
    expect(ended.at(-1)?.sequence).toBeGreaterThan(Number(resumed.sequence));
  });
});

/** Ends every process of the stack and the server, none of them in good order. */
async function killEverything(): Promise<void> {
  const { pid, services } = work.stack();
  const executors = services.map((service) => executorOf(service.pid));
  const all = [pid, ...services.map((service) => service.pid), ...executors.filter((each) => each !== undefined)];
  for (const each of all) signal(each, "SIGKILL");
  await server.kill();
  await expect.poll(() => all.filter(isAlive), { timeout: 10_000 }).toEqual([]);
}

describe("a stack that is started after a crash", () => {
  it("goes on with a run that was in the middle when everything was killed, no one asking", async () => {
    const run = await startAndBegin("second", "wait");
    await killEverything();
    letWork("second");
    await server.startAgain();
    await up();
    const events = await wholeRun(server.url, run);
    expect(events.at(-1)?.type).toBe("runSucceeded");
    expect(countByNode(events, "completed")).toEqual({ all: 1, first: 1, second: 1, third: 1 });
    expect(countByNode(events, "claimed")).toMatchObject({ first: 1, second: 2, third: 1 });
    expect(countByNode(events, "resumed")).toEqual({});
    expect(worked()).toEqual(["first", "second", "second", "third"]);
  });

  it("keeps a retry's count and its time over restarts of nats-server and of the agent", async () => {
    tell("second", "retry");
    const run = await work.publish("steps", csv);
    await eventsUntil(server.url, run, ({ node, type }) => node === "second" && type === "failed");
    signal(work.pidOf("step"), "SIGKILL");
    await server.kill();
    await server.startAgain();
    expect((await work.run(run)).nodes.find(({ node }) => node === "second")).toMatchObject({
      state: "retrying",
      attempts: 1,
    });
    const events = ofNode(await wholeRun(server.url, run), "second");
    expect(events.map(({ type }) => type)).toEqual(["claimed", "failed", "claimed", "failed", "artifactVoided"]);
    expect(events[2]?.body).toMatchObject({ value: { attempt: 2 } });
    expect(events[3]?.body).toMatchObject({ value: { failure: { code: "not-yet" } } });
    const waitedMs = (events[2]?.timeMs ?? 0) - (events[1]?.timeMs ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(backoffMs);
    expect(waitedMs).toBeLessThan(backoffMs + 3 * ackWaitMs);
  });
});

it("leaves a log whose every chain, outcome and carried state is as its fold has it", async () => {
  const { status, stdout } = await work.millrace("verify", "--json");
  expect([status, JSON.parse(stdout)]).toMatchObject([0, { ok: true, problems: [] }]);
});
