import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { ComponentServiceClient, type StatusResponse } from "millrace/contracts/millrace/component/v1/component.ts";
import { type CancelRunResponse, ControlServiceClient } from "millrace/contracts/millrace/control/v1/control.ts";
import { FailureClass } from "millrace/contracts/millrace/event/v1/event.ts";
import { connectLog } from "millrace/jetstream";
import { decodeEvent } from "millrace/journal";
import { targetToken } from "millrace/model";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { answer } from "./support/grpc.ts";
import { OwnServer } from "./support/own-server.ts";
import { countByNode, eventsNow, eventsUntil, type RunEvent, wholeRun } from "./support/run-events.ts";
import { type Edits, Workplace } from "./support/workplace.ts";

const csv = "penguins/penguins.csv";
/** What opens the fixture's gate. */
const gateFile = "open";
/** Longest a run may go on after it was cancelled, in milliseconds. */
const cancelledWithinMs = 2_000;

let work: Workplace;
let server: OwnServer;
let place: string;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "millrace-failures-"));
  server = await OwnServer.start(place);
  work = new Workplace({ MILLRACE_NATS_URL: server.url, MILLRACE_ACK_WAIT_MS: "2000" });
  work.copyExample("penguins", "penguins");
  work.copyFixture("gate", "gate");
  await up();
  await work.json("pipeline", "register", "gate/pipeline.ts");
});

afterAll(async () => {
  await work[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  rmSync(place, { recursive: true });
});

beforeEach(() => rmSync(work.path(gateFile), { force: true }));

async function up(): Promise<void> {
  const ran = await work.millrace("up", "--service", "gate/main.ts", "--replicas", "gate=2", "--replicas", "trainer=2");
  expect(ran.status, ran.stderr).toBe(0);
}

async function down(): Promise<void> {
  const ran = await work.millrace("down");
  expect(ran.status, ran.stderr).toBe(0);
}

/** Registers the penguins' pipeline under another name, dataset and destination, with edits. */
async function registerVariant(name: string, edits: Edits): Promise<void> {
  const renamed: (readonly [string, string])[] = [
    ['pipeline("penguins", { on: dataset("penguins")', `pipeline("${name}", { on: dataset("${name}")`],
    ["serving/penguins", `serving/${name}`],
  ];
  work.copyExample("penguins", name, { ...edits, "pipeline.ts": [...renamed, ...(edits["pipeline.ts"] ?? [])] });
  await work.json("pipeline", "register", `${name}/pipeline.ts`);
}

interface HeldRun {
  readonly run: string;
  /** Name of the replica that holds the claim, and its process. */
  readonly name: string;
  readonly pid: number;
}

/** Starts a run, and waits until a replica of a service has done part of its work for it. */
async function startAndHold(dataset: string, service: string): Promise<HeldRun> {
  const run = await work.publish(dataset, csv);
  return vi.waitFor(() => holderOf(run, service), { timeout: 60_000, interval: 20 });
}

async function holderOf(run: string, service: string): Promise<HeldRun> {
  for (const { name, pid, address } of work.stack().services) {
    if (name !== service && !name.startsWith(`${service}-`)) continue;
    // Replicas that were killed answer nothing.
    const status = await statusOf(address).catch(() => undefined);
    if (status?.executions.some((execution) => execution.run === run && execution.progress > 0))
      return { run, name, pid };
  }
  throw new Error(`no ${service} has begun with run ${run}`);
}

function statusOf(address: string): Promise<StatusResponse> {
  const client = new ComponentServiceClient(address, credentials.createInsecure());
  return answer<StatusResponse>(client, (callback) => client.status({}, callback));
}

function executorOf(agent: number): number {
  const [child] = spawnSync("pgrep", ["-P", String(agent)], { encoding: "utf8" }).stdout.split("\n");
  return Number(child);
}

function isAlive(pid: number): boolean {
  return spawnSync("ps", ["-p", String(pid)]).status === 0;
}

function openGate(): void {
  writeFileSync(work.path(gateFile), "");
}

/** A gated run to its end, which must be good, with every node completed and fanned out once. */
async function expectPassed(run: string): Promise<readonly RunEvent[]> {
  const events = await wholeRun(server.url, run);
  const once = { all: 1, examples: 1, statistics: 1 };
  expect(events.at(-1)?.type).toBe("runSucceeded");
  expect(countByNode(events, "completed")).toEqual(once);
  expect(countByNode(events, "artifactProduced")).toEqual({ source: 1, ...once });
  return events;
}

describe("a run goes on", () => {
  it("when the trainer that holds the claim is killed: the other claims its work again, and one model is pushed", async () => {
    await registerVariant("slow", { "pipeline.ts": [["epochs: 30", "epochs: 200"]] });
    const { run, pid } = await startAndHold("slow", "trainer");
    process.kill(pid, "SIGKILL");
    const events = await wholeRun(server.url, run);
    expect(events.at(-1)?.type).toBe("runSucceeded");
    expect(countByNode(events, "claimed")["model"]).toBe(2);
    expect(countByNode(events, "failed")).toEqual({});
    const { nodes, pushed } = await work.run(run);
    expect(countByNode(events, "completed")).toEqual(Object.fromEntries(nodes.map(({ node }) => [node, 1])));
    expect(readdirSync(work.path(".millrace/push/serving/slow"))).toEqual([String(pushed?.version)]);
  });

  it("when an agent is held up past its lease: the other replica does the work, and the first adds nothing to it", async () => {
    const { run, name, pid } = await startAndHold("gated", "gate");
    process.kill(pid, "SIGSTOP");
    try {
      let claims = 0;
      await eventsUntil(
        server.url,
        run,
        ({ node, type }) => `${node} ${type}` === "examples claimed" && ++claims === 2,
      );
      openGate();
      await expectPassed(run);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await vi.waitFor(async () => expect((await statusOf(work.addressOf(name))).executions).toEqual([]), {
      timeout: 20_000,
    });
    const events = await eventsNow(server.url, run);
    expect(countByNode(events, "completed")).toEqual({ all: 1, examples: 1, statistics: 1 });
    expect(countByNode(events, "failed")).toEqual({});
    expect(events.filter(({ node, type }) => `${node} ${type}` === "examples artifactProduced")).toHaveLength(1);
  });

  it("when only the executor is killed: the attempt fails for now, with what it printed, and the next succeeds", async () => {
    const { run, pid } = await startAndHold("gated", "gate");
    process.kill(executorOf(pid), "SIGKILL");
    openGate();
    const events = await expectPassed(run);
    expect(countByNode(events, "claimed")["examples"]).toBe(2);
    expect(events.find(({ type }) => type === "failed")?.body).toMatchObject({
      value: {
        class: FailureClass.FAILURE_CLASS_RETRYABLE,
        failure: {
          code: "executor-crashed",
          message: expect.stringContaining("it was ended by SIGKILL"),
          stderrTail: expect.stringContaining("waiting at the gate"),
        },
      },
    });
  });

  it("when nats-server is killed and started again: all wait for it, and say so once", async () => {
    const { run, name } = await startAndHold("gated", "gate");
    const logs = ["ingest", "statistics-gen", name, "pusher"].map((service) =>
      work.path(`.millrace/logs/${service}.log`),
    );
    const said = (sentence: string) => logs.map((log) => readFileSync(log, "utf8").split(sentence).length - 1);
    const saidOnce = (sentence: string) => expect(said(sentence)).toEqual(logs.map(() => 1));
    await server.kill();
    try {
      openGate();
      await vi.waitFor(() => saidOnce("is gone: waiting for it"), { timeout: 30_000 });
    } finally {
      await server.startAgain();
    }
    await expectPassed(run);
    await vi.waitFor(() => saidOnce("is back"), { timeout: 30_000 });
    saidOnce("is gone: waiting for it");
  });

  it("when all of a service is killed and the rest stopped, after the next start", async () => {
    const { run, pid } = await startAndHold("gated", "gate");
    const executor = executorOf(pid);
    expect(isAlive(executor)).toBe(true);
    for (const name of ["gate", "gate-2"]) process.kill(work.pidOf(name), "SIGKILL");
    await vi.waitFor(() => expect(isAlive(executor)).toBe(false), { timeout: 10_000 });
    await down();
    openGate();
    await up();
    const events = await expectPassed(run);
    // A replica that was started again before the stack was stopped has claimed it too, and given it back.
    expect(countByNode(events, "claimed")["examples"]).toBeGreaterThanOrEqual(2);
  });

  it("when all is stopped in good order in the middle: the next start takes up what was given back", async () => {
    const { run } = await startAndHold("gated", "gate");
    await down();
    openGate();
    await up();
    const events = await expectPassed(run);
    expect(countByNode(events, "failed")).toEqual({});
  });
});

/** Cancels a run as soon as a node is at work. @returns the run's messages, and how long it went on. */
async function cancelAtWork(pipeline: string, { run, node }: { readonly run: string; readonly node: string }) {
  const client = new ControlServiceClient(work.addressOf("ingest"), credentials.createInsecure());
  const request = { pipeline, run, reason: "changed my mind", waitMs: 0 };
  const { sequence } = await answer<CancelRunResponse>(client, (callback) => client.cancelRun(request, callback));
  const events = await wholeRun(server.url, run);
  const requested = events.find(({ type }) => type === "cancelRequested");
  expect(requested?.sequence).toBe(Number(sequence));
  expect(countByNode(events, "cancelled")[node]).toBe(1);
  return { events, wentOnMs: (events.at(-1)?.timeMs ?? Infinity) - (requested?.timeMs ?? 0) };
}

describe("a run that is cancelled", () => {
  it("ends cancelled, with what was done and what was not", async () => {
    const { run } = await startAndHold("gated", "gate");
    const { events, wentOnMs } = await cancelAtWork("gated", { run, node: "examples" });
    expect(wentOnMs).toBeLessThan(cancelledWithinMs);
    expect(events.at(-1)?.type).toBe("runCancelled");
    const states = (await work.run(run)).nodes.map(({ node, state }) => `${node} ${state}`);
    expect(states).toEqual(["all succeeded", "examples cancelled", "statistics cancelled"]);
  });

  it("stops a training at once, and the trainer is free for the next", async () => {
    await registerVariant("endless", { "pipeline.ts": [["epochs: 30", "epochs: 1_000_000"]] });
    const { run, name } = await startAndHold("endless", "trainer");
    const { events, wentOnMs } = await cancelAtWork("endless", { run, node: "model" });
    expect(wentOnMs).toBeLessThan(cancelledWithinMs);
    expect(events.at(-1)?.type).toBe("runCancelled");
    await vi.waitFor(async () => expect((await statusOf(work.addressOf(name))).executions).toEqual([]), {
      timeout: 2_000,
    });
  });
});

const logOfNegative = [
  ["fillMissing, ", "fillMissing, log1p, sub, "],
  ["zScore(penguin.body_mass_g)", "log1p(sub(fillMissing(penguin.body_mass_g, 0), 10_000))"],
] as const;

describe("a run fails, and says what to do", () => {
  it.each([
    ["label-absent", "model", { "pipeline.ts": [['label: "species"', 'label: "specie"']] }, /"specie".*"species"/],
    ["not-finite", "model", { "preprocessing.ts": logOfNegative }, /"body_mass".*NaN/],
    ["nan-weights", "model", { "model.ts": [["learningRate: 0.01", "learningRate: 1e30"]] }, /Lower the learning rate/],
  ] as const)("with %s", async (code, node, edits, message) => {
    await registerVariant(code, edits);
    const view = await work.runOn(code, csv);
    expect(view.state).toBe("failed");
    const failed = view.nodes.filter(({ state }) => state === "failed");
    expect(failed).toMatchObject([{ node, attempts: 1, failure: { code, message: expect.stringMatching(message) } }]);
    expect(view.reason).toMatch(message);
  });

  it("when a split gets no rows", async () => {
    writeFileSync(work.path("one-row.csv"), readFileSync(work.path(csv), "utf8").split("\n").slice(0, 2).join("\n"));
    const view = await work.runOn("gated", "one-row.csv");
    expect(view.nodes[0]?.failure).toMatchObject({
      code: "empty-split",
      message: expect.stringContaining('split "eval"'),
    });
    expect(view.reason).toContain("more data");
  });

  it("when the destination can't be written: nothing is half-written, and the intent is withdrawn", async () => {
    await registerVariant("blocked", { "pipeline.ts": [["serving/blocked", "blocked/penguins"]] });
    writeFileSync(work.path(".millrace/push/blocked"), "a file where a directory is wanted");
    const before = readdirSync(work.path(".millrace/push"), { recursive: true });
    const view = await work.runOn("blocked", csv);
    expect(view.nodes.at(-1)).toMatchObject({
      node: "pushed",
      state: "failed",
      failure: { code: "destination-not-writable" },
    });
    expect(view.reason).toContain("make the directory writable");
    expect(readdirSync(work.path(".millrace/push"), { recursive: true })).toEqual(before);
    await using log = await connectLog({ url: server.url });
    const last = await log.leaderLastOf(`mr.target.${targetToken("blocked/penguins")}`);
    expect(decodeEvent(last?.data ?? new Uint8Array())?.body?.$case).toBe("rolledBack");
  });
});
