import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DirectoryStore } from "millrace/artifacts";
import type { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import { registerPipeline } from "millrace/control";
import { createPlans } from "millrace/driver";
import { decodeEvent } from "millrace/journal";
import { appendEvent, encodeEvent, MemoryLog, newEventId, subjectsOf } from "millrace/log";
import { digestOf, runIdOf } from "millrace/model";
import { copyEntry, testPlan } from "millrace/testing";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { handleDataset } from "./handle-dataset.ts";
import type { IngestContext } from "./handle-dataset.ts";

const subjects = subjectsOf("mr");
const csv = "a,b\n1,2\n";

let directory: string;
let log: MemoryLog;
let context: IngestContext;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "ingest-"));
  mkdirSync(join(directory, "data"));
  writeFileSync(join(directory, "data/small.csv"), csv);
  log = new MemoryLog();
  const store = new DirectoryStore(join(directory, "store"));
  const plans = createPlans(log, () => Promise.reject(new Error("no plan is that large here")));
  context = { log, subjects, store, plans, roots: [join(directory, "data")], logger: pino({ level: "silent" }) };
  await register("p");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function register(pipeline: string) {
  const plan = testPlan(pipeline, { a: { inputs: { data: "source.dataset:Dataset" } } });
  return registerPipeline(log, plan, () => Promise.reject(new Error("no plan is that large here")));
}

function cloudEvent(id: string, data: object = { uri: "small.csv" }, more: object = {}): string {
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "test",
    type: "millrace.dataset.published.v1",
    data,
    ...more,
  });
}

/** Publishes a body on dataset `data` and lets ingest handle it. @returns its sequence. */
async function publish(body: string | Uint8Array, dataset = "data"): Promise<number> {
  const data = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const appended = await log.append(subjects.dataset(dataset), data);
  if (appended.kind !== "appended") throw new Error("a plain append is never refused");
  await handle(appended.sequence);
  return appended.sequence;
}

/** Delivers a message to ingest and waits until it is settled. */
async function handle(sequence: number): Promise<string> {
  const entry = await log.get(sequence);
  if (entry === undefined) throw new Error(`no message ${sequence}`);
  let settled = "dropped";
  await handleDataset(context, {
    entry,
    count: 1,
    receivedAt: performance.now(),
    ack: () => void (settled = "ack"),
    nak: () => void (settled = "nak"),
    term: () => void (settled = "term"),
    working: () => undefined,
  });
  return settled;
}

async function bodies(filter: string): Promise<NonNullable<Event["body"]>[]> {
  const found: NonNullable<Event["body"]>[] = [];
  for await (const entry of log.read([filter])) {
    const body = decodeEvent(entry.data)?.body;
    if (body) found.push(body);
  }
  return found;
}

async function rejection(sequence: number, dataset = "data") {
  const found = (await bodies(subjects.rejected(dataset))).flatMap((body) =>
    body.$case === "datasetRejected" && body.value.sequence === BigInt(sequence) ? [body.value] : [],
  );
  expect(found).toHaveLength(1);
  return found[0] ?? { code: "", message: "" };
}

describe("a dataset event", () => {
  it("starts a run of every pipeline registered before it, its dataset the first artifact", async () => {
    await register("q");
    await publish(cloudEvent("one", { uri: "small.csv", span: 4 }));
    for (const pipeline of ["p", "q"]) {
      const run = runIdOf(pipeline, { source: "test", sourceEventId: "one" });
      const [started, produced] = await bodies(subjects.filters.run(pipeline, run));
      expect(started).toMatchObject({ $case: "runStarted", value: { pipeline, run, trigger: "test/one" } });
      expect(produced).toMatchObject({
        $case: "artifactProduced",
        value: { artifact: { type: "Dataset", properties: { format: "csv", span: "4", name: "small.csv" } } },
      });
    }
  });

  it("does not start a pipeline that is registered after it", async () => {
    const sequence = await publish(cloudEvent("one"));
    await register("later");
    await handle(sequence);
    expect(await bodies("mr.run.later.>")).toEqual([]);
  });

  it("starts one run however often it is delivered or published", async () => {
    const sequence = await publish(cloudEvent("one"));
    const after = log.stream.lastSequence;
    await handle(sequence);
    expect(log.stream.lastSequence).toBe(after);
    await publish(cloudEvent("one"));
    expect(await bodies(subjects.filters.started)).toHaveLength(1);
  });

  it("needs no file any more once its runs have started: a delivery may come again much later", async () => {
    const sequence = await publish(cloudEvent("e1"));
    const end = await log.leaderLastSequence();
    rmSync(join(directory, "data/small.csv"));
    expect(await handle(sequence)).toBe("ack");
    expect(await log.leaderLastSequence()).toBe(end);
  });

  it("stays refused when its file is there by the time that it comes again", async () => {
    const sequence = await publish(cloudEvent("e1", { uri: "late.csv" }));
    const end = await log.leaderLastSequence();
    writeFileSync(join(directory, "data/late.csv"), csv);
    expect(await handle(sequence)).toBe("ack");
    expect(await log.leaderLastSequence()).toBe(end);
  });

  it("goes on with a start whose first artifact another replica could not write", async () => {
    const sequence = await publish(cloudEvent("one"));
    const run = runIdOf("p", { source: "test", sourceEventId: "one" });
    const started = await log.leaderLastOf(subjects.started("p", run));
    const half = new MemoryLog();
    for (let at = 1; at <= (started?.sequence ?? 0); at++) {
      const entry = await log.get(at);
      if (entry) await copyEntry(half, entry);
    }
    log = half;
    context = { ...context, log, plans: createPlans(log, () => Promise.reject(new Error("small"))) };
    expect(await handle(sequence)).toBe("ack");
    expect((await bodies(subjects.filters.run("p", run))).map(({ $case }) => $case)).toEqual([
      "runStarted",
      "artifactProduced",
    ]);
  });

  it("is taken as protobuf too, and by a file: URI", async () => {
    const uri = pathToFileURL(join(directory, "data/small.csv")).href;
    const value = {
      dataset: "",
      source: "s",
      sourceEventId: "e",
      uri,
      format: "",
      digest: digestOf(csv),
      time: "",
      noCache: false,
    };
    const body = { $case: "datasetPublished" as const, value: { ...value, span: undefined, version: undefined } };
    await publish(encodeEvent({ id: newEventId(), body }));
    expect(await bodies(subjects.filters.started)).toHaveLength(1);
  });

  it("starts runs without the cache if it says so, and is another event than one that does not", async () => {
    await publish(cloudEvent("fresh", { uri: "small.csv", noCache: true }));
    const [started] = await bodies(subjects.filters.started);
    expect(started).toMatchObject({ $case: "runStarted", value: { options: { noCache: true } } });
    const refused = await rejection(await publish(cloudEvent("fresh")));
    expect(refused.code).toBe("conflict");
  });

  it.each([
    ["not JSON", "{oops", "not-json", /JSON/],
    ["neither JSON nor protobuf", "hello", "not-json", /JSON CloudEvent/],
    ["a list", "[1]", "not-a-cloud-event", /JSON object/],
    ["an id that is a number", cloudEvent("x", {}, { id: 7 }), "bad-field", /field id/],
    ["no uri", cloudEvent("x", {}), "missing-field", /field data\.uri/],
    ["a wrong specversion", cloudEvent("x", { uri: "small.csv" }, { specversion: "0.3" }), "bad-field", /specversion/],
    [
      "another type",
      cloudEvent("x", { uri: "small.csv" }, { type: "other" }),
      "unknown-type",
      /millrace\.dataset\.published\.v1/,
    ],
    [
      "a later version",
      cloudEvent("x", { uri: "small.csv" }, { type: "millrace.dataset.published.v2" }),
      "unknown-version",
      /v2/,
    ],
    ["an unknown format", cloudEvent("x", { uri: "small.csv", format: "xml" }), "bad-field", /csv, tfrecord, parquet/],
    ["a bad digest", cloudEvent("x", { uri: "small.csv", digest: "md5:1" }), "bad-field", /sha256/],
    ["a negative span", cloudEvent("x", { uri: "small.csv", span: -1 }), "bad-field", /data\.span/],
    [
      "a cache that is neither on nor off",
      cloudEvent("x", { uri: "small.csv", noCache: "no" }),
      "bad-field",
      /noCache/,
    ],
    ["a web address", cloudEvent("x", { uri: "https://example.org/a.csv" }), "bad-uri", /file: URI/],
    ["a missing file", cloudEvent("x", { uri: "none.csv" }), "missing-file", /none\.csv/],
    ["a directory", cloudEvent("x", { uri: "." }), "not-a-file", /directory/],
    [
      "a path that climbs out",
      cloudEvent("x", { uri: "../../../etc/hostname", format: "csv" }),
      "outside-roots",
      /MILLRACE_DATA_ROOTS/,
    ],
    [
      "another digest",
      cloudEvent("x", { uri: "small.csv", digest: digestOf("other") }),
      "digest-mismatch",
      /small\.csv/,
    ],
  ])("is refused: %s", async (_what, body, code, message) => {
    const refused = await rejection(await publish(body));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
    expect(await bodies(subjects.filters.started)).toEqual([]);
  });

  it("is refused when a link leads out of the roots", async () => {
    writeFileSync(join(directory, "secret.csv"), csv);
    symlinkSync(join(directory, "secret.csv"), join(directory, "data/link.csv"));
    expect((await rejection(await publish(cloudEvent("x", { uri: "link.csv" })))).code).toBe("outside-roots");
  });

  it("is refused when no pipeline is on its dataset, and names those that are known", async () => {
    const refused = await rejection(await publish(cloudEvent("x"), "walruses"), "walruses");
    expect(refused).toMatchObject({
      code: "unknown-dataset",
      message: expect.stringContaining("registered: data") as string,
    });
  });

  it("is refused when its id was published with other content", async () => {
    await publish(cloudEvent("one"));
    const refused = await rejection(await publish(cloudEvent("one", { uri: "small.csv", span: 2 })));
    expect(refused.code).toBe("conflict");
    expect(await bodies(subjects.filters.started)).toHaveLength(1);
  });

  it("is refused once, however often it is delivered", async () => {
    const sequence = await publish("{oops");
    await handle(sequence);
    await rejection(sequence);
  });

  it("is tried again when what is wrong is ours: the store cannot be written", async () => {
    writeFileSync(join(directory, "file"), "in the way");
    context = { ...context, store: new DirectoryStore(join(directory, "file")) };
    const data = new TextEncoder().encode(cloudEvent("one"));
    const appended = await log.append(subjects.dataset("data"), data);
    expect(await handle(appended.kind === "appended" ? appended.sequence : 0)).toBe("nak");
    expect(await bodies(subjects.filters.rejected)).toEqual([]);
  });
});

it("appendEvent() of a stranger's event on a dataset is refused, not fatal", async () => {
  const event: Event = { id: newEventId(), body: { $case: "nudged", value: { reason: "" } } };
  const appended = await appendEvent(log, subjects.dataset("data"), event);
  const sequence = appended.kind === "appended" ? appended.sequence : 0;
  expect(await handle(sequence)).toBe("ack");
  expect((await rejection(sequence)).code).toBe("not-json");
});
