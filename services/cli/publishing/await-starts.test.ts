import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryStore } from "millrace/artifacts";
import type { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import { registerPipeline } from "millrace/control";
import { appendEvent, type Log, MemoryLog, newEventId, subjectsOf } from "millrace/log";
import { datasetEventDigest, runIdOf } from "millrace/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { awaitStarts } from "./await-starts.ts";
import { datasetEventOf } from "./dataset-event.ts";

let log: Log;
let store: DirectoryStore;
const event = datasetEventOf("penguins", "/penguins.csv", { id: "1" }, "/");
const subjects = subjectsOf("mr");

beforeEach(async () => {
  log = new MemoryLog();
  store = new DirectoryStore(mkdtempSync(join(tmpdir(), "millrace-starts-")));
  await register("birds", "penguins");
  await register("fish", "herrings");
  await register("more-birds", "penguins");
});

afterEach(() => rmSync(store.root, { recursive: true, force: true }));

async function register(pipeline: string, dataset: string): Promise<void> {
  await registerPipeline(log, { pipeline, trigger: { dataset }, nodes: [], seed: 0n }, () =>
    Promise.reject(new Error()),
  );
}

function append(subject: string, body: Event["body"]) {
  return appendEvent(log, subject, { id: newEventId(), body });
}

function start(pipeline: string, digest: string = datasetEventDigest(event)) {
  const run = runIdOf(pipeline, event);
  const started = { pipeline, run, planDigest: "", planSequence: 0n, datasetSequence: 4n, datasetEventDigest: digest };
  return append(subjects.started(pipeline, run), {
    $case: "runStarted",
    value: {
      ...started,
      dataset: undefined,
      seed: 0n,
      options: undefined,
      planArtifactDigest: "",
      trigger: "",
      planEventId: "",
    },
  });
}

function refuse(of: number, code: string) {
  const value = { sequence: BigInt(of), code, message: "why" };
  return append(subjects.rejected("penguins"), { $case: "datasetRejected", value });
}

async function publish(): Promise<number> {
  const appended = await log.append(subjects.dataset("penguins"), new TextEncoder().encode("{}"));
  return appended.kind === "appended" ? appended.sequence : 0;
}

describe("awaitStarts()", () => {
  it("waits for the run of every pipeline on the dataset, and of no other", async () => {
    const sequence = await publish();
    const waiting = awaitStarts(log, store, event, sequence);
    await start("birds");
    await start("more-birds");
    const runs = ["birds", "more-birds"].map((pipeline) => ({ pipeline, run: runIdOf(pipeline, event) }));
    expect(await waiting).toEqual({ kind: "started", runs });
  });

  it("leaves out a pipeline that was registered behind the event", async () => {
    const sequence = await publish();
    await register("late-birds", "penguins");
    await start("birds");
    await start("more-birds");
    const started = await awaitStarts(log, store, event, sequence);
    expect(started).toMatchObject({ runs: [{ pipeline: "birds" }, { pipeline: "more-birds" }] });
  });

  it("knows an event that started its runs before", async () => {
    await start("birds");
    await start("more-birds");
    expect(await awaitStarts(log, store, event, await publish())).toMatchObject({ kind: "started" });
  });

  it("tells a refusal of this message, not of another, also where the id was used for other content", async () => {
    await start("birds", "other content");
    await start("more-birds", "other content");
    const sequence = await publish();
    await refuse(sequence - 1, "another");
    await refuse(sequence, "conflict");
    expect(await awaitStarts(log, store, event, sequence)).toEqual({
      kind: "rejected",
      code: "conflict",
      message: "why",
    });
  });
});
