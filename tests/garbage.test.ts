import { dataDirectory, type Stack, startStack } from "@millrace/local";
import { type Event, JournalStatus } from "millrace/contracts/millrace/event/v1/event.ts";
import { connectLog } from "millrace/jetstream";
import { runIdOf } from "millrace/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { legalOnly } from "./support/chaos/legal.ts";
import { type AuditedLog, readWholeLog } from "./support/chaos/log-audit.ts";
import { missingFanOut, violationsOf } from "./support/chaos/log-rules.ts";
import { isAlive } from "./support/chaos/processes.ts";
import { millSetting } from "./support/chaos/mill.ts";
import { OwnServer } from "./support/own-server.ts";
import { wholeRun } from "./support/run-events.ts";
import { forged, forgedFirst, fromTheFuture, garbageOf, Stranger } from "./support/stranger.ts";

const setting = millSetting();
const { work } = setting;
let server: OwnServer;
let stack: Stack;
let stranger: Stranger;
let calm: string;

beforeAll(async () => {
  server = await OwnServer.start(work.path("streams"));
  work.set({ MILLRACE_NATS_URL: server.url, MILLRACE_ACK_WAIT_MS: "2000" });
  await work.json("pipeline", "register", "mill/pipeline.ts");
  const services = setting.services.map(({ name, main }) => ({ name, main, replicas: 1 }));
  const env = { ...process.env, MILLRACE_NATS_URL: server.url, MILLRACE_ACK_WAIT_MS: "2000" };
  stack = await startStack({ data: dataDirectory(work.path(".millrace")), services, env });
  stranger = await Stranger.arrive(server.url);
  calm = await work.publish("mill", "rye.csv");
  expect((await wholeRun(server.url, calm)).at(-1)?.type).toBe("runSucceeded");
});

afterAll(async () => {
  await stranger[Symbol.asyncDispose]();
  await stack.stop();
  await server[Symbol.asyncDispose]();
  await setting[Symbol.asyncDispose]();
});

const claimed = (attempts: number): Event["state"] => ({
  chain: {
    $case: "journal",
    value: {
      status: JournalStatus.JOURNAL_STATUS_CLAIMED,
      epoch: 0,
      attempts,
      claimEventId: "",
      claimSequence: 0n,
      delayMs: 0n,
      firstClaimedMs: 0n,
    },
  },
});

/** Events that do not follow from what is there, for the subject of a run's message. */
function forgeriesFor(subject: string): readonly Uint8Array[] {
  const [, kind, , , , , what] = subject.split(".");
  const control = { epoch: 7, cancelRequested: true, nudges: 0, cancelReason: "" };
  switch (kind === "run" ? what : kind) {
    case "started":
      return [forgedFirst({ $case: "nudged", value: { reason: "forged" } })];
    case "journal":
      return [
        forged({ $case: "cancelled", value: { claimEventId: "", reason: "forged" } }, claimed(1)),
        forged({ $case: "skipped", value: { input: "", causeNode: "", reason: "forged" } }, claimed(99)),
      ];
    case "control":
      return [
        forged(
          { $case: "cancelRequested", value: { reason: "forged" } },
          { chain: { $case: "control", value: control } },
        ),
      ];
    case "artifact":
      return [forged({ $case: "artifactVoided", value: { cause: undefined, reason: "forged", epoch: 0 } })];
    case "target":
      return [forged({ $case: "rolledBack", value: { reason: "forged" } }, { chain: { $case: "target", value: {} } })];
    default:
      return [fromTheFuture()];
  }
}

/** Publishes garbage on every subject that a run writes to, as soon as it does, until the run ends. */
async function pester(run: string): Promise<void> {
  await using log = await connectLog({ url: server.url, name: "pester" });
  const theirs = new Set<number>();
  const throwAt = async (what: string, subject: string, data: Uint8Array): Promise<void> => {
    theirs.add(await stranger.publish(what, subject, data));
  };
  const control = `mr.run.mill.${run}._._.control`;
  const outcome = `mr.run.mill.${run}._._.outcome`;
  for (const [what, garbage] of garbageOf(fromTheFuture())) await throwAt(what, control, garbage);
  for (const forgery of forgeriesFor(control)) await throwAt("forgery", control, forgery);
  await throwAt("an outcome before the end", outcome, forgedOutcome);
  const signal = AbortSignal.timeout(60_000);
  for await (const { sequence, subject, data } of log.follow([`mr.run.mill.${run}.>`], { signal })) {
    if (theirs.has(sequence)) continue;
    for (const [what, garbage] of garbageOf(data)) await throwAt(what, subject, garbage);
    for (const forgery of forgeriesFor(subject)) await throwAt("forgery", subject, forgery);
    if (subject === outcome) return;
  }
  throw new Error(`Run ${run} did not end`);
}

const forgedOutcome = forgedFirst(
  { $case: "runSucceeded", value: { epoch: 0, heads: [] } },
  { chain: { $case: "outcome", value: { epoch: 0, kind: 1 } } },
);

async function settled(runs: readonly string[]): Promise<AuditedLog> {
  for (const deadline = performance.now() + 30_000; ;) {
    const log = legalOnly(await readWholeLog(server.url));
    if (missingFanOut(log, runs).length === 0 || performance.now() > deadline) return log;
  }
}

describe("a log on whose subjects a stranger publishes garbage", () => {
  it("carries a run to its end all the same, with equal digests", async () => {
    const run = runIdOf("mill", { source: "test", sourceEventId: "pestered" });
    const pestered = pester(run);
    const event = { specversion: "1.0", id: "pestered", source: "test", type: "millrace.dataset.published.v1" };
    const body = JSON.stringify({ ...event, data: { uri: work.path("rye.csv") } });
    await stranger.publish("a dataset", "mr.dataset.mill", Buffer.from(body));
    await pestered;
    const log = await settled([calm, run]);
    expect(violationsOf(log, [calm, run])).toEqual([]);
    expect(missingFanOut(log, [calm, run])).toEqual([]);
    expect(log.runs.get(run)?.digests).toEqual(log.runs.get(calm)?.digests);
    const { state, nodes } = await work.run(run);
    expect(state).toBe("succeeded");
    expect(nodes.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 0]);
  });

  it("is told by doctor and shown by log as what it is", async () => {
    const { checks } = await work.json<{ checks: readonly { name: string; state: string; detail: string }[] }>(
      "doctor",
    );
    const check = checks.find(({ name }) => name === "foreign messages");
    expect(check?.state).toBe("warning");
    const [, count, sequence, subject] =
      /^foreign messages: (\d+), last at sequence (\d+), subject (\S+)$/.exec(check?.detail ?? "") ?? [];
    const sent = [...stranger.published]
      .filter(([what]) => what !== "a dataset")
      .reduce((sum, [, times]) => sum + times, 0);
    expect(Number(count)).toBe(sent);
    const lines = (await work.millrace("log", "--json")).stdout.trim().split("\n");
    const shown = lines.map((line) => JSON.parse(line) as { sequence: number; subject: string; foreign?: string });
    const foreign = shown.filter((line) => line.foreign !== undefined);
    expect(foreign).toHaveLength(sent);
    expect(foreign.at(-1)).toMatchObject({ sequence: Number(sequence), subject });
    const { stdout } = await work.millrace("log");
    expect(stdout).toContain("foreign (undecodable, ");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  it("has subjects that no version makes: ingest and agents live on, and start and carry runs", async () => {
    const odd = [
      "dataset.größe",
      "dataset.a/b",
      `dataset.${"x".repeat(80)}`,
      "run.p.r.c.n.artifact.Dataset.ü",
      "nothing",
    ];
    for (const subject of odd) await stranger.publish("odd subject", `mr.${subject}`, Buffer.from("{}"));
    const run = await work.publish("mill", "oats.csv");
    expect((await wholeRun(server.url, run)).at(-1)?.type).toBe("runSucceeded");
    expect(stack.services.filter(({ pid }) => !isAlive(pid))).toEqual([]);
  });
});
