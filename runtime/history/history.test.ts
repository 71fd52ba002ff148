import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ArtifactStore, DirectoryStore, planReader } from "../artifacts/mod.ts";
import { Event } from "../contracts/millrace/event/v1/event.ts";
import { verify } from "../audit/mod.ts";
import { resumeRun } from "../control/mod.ts";
import { createPlans } from "../driver/mod.ts";
import { decodeEvent, effectivePlan } from "../journal/mod.ts";
import { eventPlace, type LogEntry, MemoryLog, momentMs, newEventId, subjectsOf } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import { Retryable, Terminal } from "../model/mod.ts";
import { foldRun, type RunView, viewRun } from "../projections/mod.ts";
import { copyEntry, startTestAgent, startTestRun, testPlan, type TestComponent } from "../testing/mod.ts";
import { checkHistory } from "./check-history.ts";
import { exportLog } from "./export-log.ts";
import { exportRun } from "./export-run.ts";
import { importHistory } from "./import-history.ts";

// Agents at work on a busy machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let directory: string;
let store: ArtifactStore;
let log: MemoryLog;
const ending: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "history-"));
  store = new DirectoryStore(join(directory, "store"));
  log = new MemoryLog();
});

afterEach(async () => {
  await Promise.all(ending.splice(0).map((end) => end()));
  rmSync(directory, { recursive: true, force: true });
});

const subjects = subjectsOf("mr");
const plan = testPlan("p", {
  a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" } },
  b: { inputs: { a: "a.out:A" }, outputs: { out: "B" } },
});
const copy: TestComponent["work"] = async ({ node, inputs }) => ({
  out: { text: `${node} of ${Object.values(inputs).join(" and ")}` },
});

async function startAgents(at: Log, into: ArtifactStore, work: TestComponent["work"] = copy): Promise<void> {
  const a = await startTestAgent(at, into, "a", { inputs: ["Dataset"], work });
  const b = await startTestAgent(at, into, "b", { inputs: ["A"], work: copy });
  ending.push(
    ...[a, b].map(
      ({ agent }) =>
        () =>
          agent.drain(0),
    ),
  );
}

/** Plays a run to its outcome. */
async function play(run: string, work: TestComponent["work"] = copy): Promise<void> {
  await startAgents(log, store, work);
  await startTestRun(log, store, plan, run, `data of ${run}`);
  for await (const _outcome of log.follow([subjects.outcome("p", run)], { signal: AbortSignal.timeout(10_000) })) break;
  await Promise.all(ending.splice(0).map((end) => end()));
}

async function entriesOf(of: Log): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of of.read([])) entries.push(entry);
  return entries;
}

/** Appends a message to a log that holds all before it. */
async function appendAgain(to: Log, { subject, data, expected }: LogEntry): Promise<void> {
  await to.append(subject, data, expected === undefined ? {} : { expectLastSequence: expected });
}

/** A run as it is shown, but for the sequences of this log. */
async function shown(of: Log, artifacts: ArtifactStore, run: string): Promise<RunView> {
  const fold = await foldRun("p", run, of.read([subjects.filters.run("p", run)]));
  if (fold.started === undefined) throw new Error(`run ${run} is not there`);
  const reference = effectivePlan(fold.started.body, fold.control.state);
  const ofRun = await createPlans(of, planReader(artifacts)).load(reference);
  const view = viewRun(fold, ofRun, { uriOf: (digest) => digest, nowMs: 0 });
  return { ...view, atSequence: 0, nodes: view.nodes.map((node) => Object.assign({}, node, { sequence: 0 })) };
}

const exported = (name: string): string => join(directory, name);
const elsewhere = (): ArtifactStore => new DirectoryStore(join(directory, "elsewhere"));

async function exportWhole(file = exported("log.history")): Promise<string> {
  await exportLog(log, store, { file, to: await log.leaderLastSequence(), store });
  return file;
}

async function exportOne(run: string, file = exported(`${run}.history.gz`)): Promise<string> {
  await exportRun(log, { pipeline: "p", run }, store, { file, to: await log.leaderLastSequence(), store });
  return file;
}

describe("a whole log", () => {
  it("comes out at its sequences and moments, every byte of every message kept, and its runs as they were", async () => {
    await play("r1");
    await log.append(subjects.dataset("data"), Buffer.from('{"a":1}'), { headers: { "content-type": "text/json" } });
    await log.append(subjects.control("p", "r1"), Buffer.from([1, 2, 3]));
    const there = new MemoryLog();
    const imported = await importHistory(there, elsewhere(), await exportWhole());
    const [before, after] = [await entriesOf(log), await entriesOf(there)];
    expect(imported).toMatchObject({ run: undefined, written: before.length, standing: 0 });
    expect(after.map(({ subject, sequence }) => [subject, sequence])).toEqual(
      before.map(({ subject, sequence }) => [subject, sequence]),
    );
    expect(after.map(momentMs)).toEqual(before.map(({ timeMs }) => timeMs));
    expect(after.map(({ expected }) => expected)).toEqual(before.map(({ expected }) => expected));
    for (const [index, entry] of before.entries()) {
      const copied = Buffer.from(after[index]?.data ?? []);
      expect(copied.subarray(0, entry.data.length).equals(entry.data)).toBe(true);
      const event = decodeEvent(copied);
      if (event) expect(eventPlace(event, { sequence: 0, timeMs: 0 }).timeMs).toBe(entry.timeMs);
      else expect(copied).toHaveLength(entry.data.length);
    }
    expect(after.at(-2)?.headers.get("content-type")).toBe("text/json");
    expect(await shown(there, elsewhere(), "r1")).toEqual(await shown(log, store, "r1"));
  });

  it("goes only where nothing is, or where the beginning of it is", async () => {
    await play("r1");
    const file = await exportWhole();
    const occupied = new MemoryLog();
    await occupied.append("mr.dataset.other", Buffer.from("x"));
    await expect(importHistory(occupied, elsewhere(), file)).rejects.toMatchObject({ code: "log-not-empty" });
    expect(await occupied.leaderLastSequence()).toBe(1);

    const whole = new MemoryLog();
    await importHistory(whole, elsewhere(), file);
    const all = await entriesOf(whole);
    const begun = new MemoryLog();
    for (const entry of all.slice(0, 5)) await appendAgain(begun, entry);
    expect(await importHistory(begun, elsewhere(), file)).toMatchObject({ standing: 5, written: all.length - 5 });
    expect(await importHistory(begun, elsewhere(), file)).toMatchObject({ standing: all.length, written: 0 });
    expect((await entriesOf(begun)).map(({ data }) => data)).toEqual(all.map(({ data }) => data));
  });

  it("is written once although answers are lost and the server goes away in between", async () => {
    await play("r1");
    const file = await exportWhole();
    const flaky = new MemoryLog();
    const append = flaky.append.bind(flaky);
    let calls = 0;
    flaky.append = async (subject, data, options) => {
      calls += 1;
      if (calls % 3 === 0) throw new Retryable("log-unavailable", "the request was lost");
      const answer = await append(subject, data, options);
      if (calls % 4 === 0) throw new Retryable("log-unavailable", "the answer was lost");
      return answer;
    };
    await importHistory(flaky, elsewhere(), file);
    const subjectsThere = (await entriesOf(flaky)).map(({ subject }) => subject);
    expect(subjectsThere).toEqual((await entriesOf(log)).map(({ subject }) => subject));
  });

  it("keeps what a later version wrote: fields and events that this one does not know", async () => {
    const id = newEventId();
    const later = Buffer.concat([Event.encode({ id, body: undefined }).finish(), Buffer.from([0xa2, 0x1f, 2, 8, 7])]);
    await log.append(subjects.control("p", "r1"), later);
    const there = new MemoryLog();
    await importHistory(there, elsewhere(), await exportWhole());
    const copied = (await entriesOf(there))[0]?.data ?? new Uint8Array();
    expect(Buffer.from(copied).subarray(0, later.length).equals(later)).toBe(true);
    expect(decodeEvent(copied)).toMatchObject({ id, importedFrom: { sequence: 1n } });
  });

  it("is exported as of a moment, and once again keeps where its events first stood", async () => {
    await play("r1");
    const early = exported("early.history");
    await exportLog(log, store, { file: early, to: 4 });
    expect(await checkHistory(early)).toMatchObject({ messages: 4, payloads: 0 });

    const second = new MemoryLog();
    await importHistory(second, elsewhere(), await exportWhole());
    const again = exported("again.history");
    await exportLog(second, store, { file: again, to: await second.leaderLastSequence() });
    const third = new MemoryLog();
    await importHistory(third, elsewhere(), again);
    expect((await entriesOf(third)).map(({ data }) => data)).toEqual((await entriesOf(second)).map(({ data }) => data));
    expect((await entriesOf(third)).map(momentMs)).toEqual((await entriesOf(log)).map(({ timeMs }) => timeMs));
  });
});

describe("a run", () => {
  it("comes alone into a log where agents are at work, starts nothing there, and is shown as it was", async () => {
    await play("r1");
    const there = new MemoryLog();
    await there.append("mr.dataset.other", Buffer.from("{}"));
    await startAgents(there, elsewhere(), () => Promise.reject(new Terminal("user-code", "must not run")));
    const imported = await importHistory(there, elsewhere(), await exportOne("r1"));
    expect(imported).toMatchObject({ run: { pipeline: "p", run: "r1" }, standing: 0 });
    // Their first run of their own comes behind all that was imported.
    await startTestRun(there, elsewhere(), { ...plan, pipeline: "q" }, "own", "x");
    for await (const { data } of there.follow([subjects.outcome("q", "own")], {
      signal: AbortSignal.timeout(10_000),
    })) {
      expect(decodeEvent(data)?.body).toMatchObject({ $case: "runFailed", value: { message: "must not run" } });
      break;
    }
    await Promise.all(ending.splice(0).map((end) => end()));
    const own = (await entriesOf(there)).filter(({ subject }) => subject.startsWith("mr.run.p."));
    expect(own).toHaveLength(imported.written);
    expect(own.at(-1)?.subject).toBe(subjects.started("p", "r1"));
    expect(own.filter(({ expected }) => expected === undefined)).toEqual([]);
    const [was, is] = [await shown(log, store, "r1"), await shown(there, elsewhere(), "r1")];
    expect(is).toEqual(was);
    expect(is.startedAt).toBeLessThan(there.clock.epochMs());
  });

  it("that failed can be resumed where it came to, and is sound there in both epochs", async () => {
    await play("r1", () => Promise.reject(new Terminal("user-code", "not here")));
    const there = new MemoryLog();
    await importHistory(there, elsewhere(), await exportOne("r1"));
    await startAgents(there, elsewhere());
    const plans = createPlans(there, planReader(elsewhere()));
    await resumeRun(there, plans, { pipeline: "p", run: "r1", plan: "same", reason: "moved" });
    for await (const { data } of there.follow([subjects.outcome("p", "r1")], { signal: AbortSignal.timeout(10_000) }))
      if (decodeEvent(data)?.body?.$case === "runSucceeded") break;
    await Promise.all(ending.splice(0).map((end) => end()));
    expect((await shown(there, elsewhere(), "r1")).state).toBe("succeeded");
    const to = await there.leaderLastSequence();
    expect((await verify({ log: there, store: elsewhere(), to })).problems).toEqual([]);
  });

  it("brings no registration, no dataset event and no blessing along", async () => {
    await play("r1");
    const there = new MemoryLog();
    await importHistory(there, elsewhere(), await exportOne("r1"));
    expect((await entriesOf(there)).filter(({ subject }) => !subject.startsWith("mr.run.p.r1."))).toEqual([]);
  });

  it("imported again changes nothing, also at home; gone on with in two places it is refused", async () => {
    await play("r1");
    const file = await exportOne("r1");
    const there = new MemoryLog();
    const first = await importHistory(there, elsewhere(), file);
    expect(await importHistory(there, elsewhere(), file)).toMatchObject({ written: 0, standing: first.written });
    expect(await importHistory(log, store, file)).toMatchObject({ written: 0, standing: first.written });
    const other = new MemoryLog();
    await other.append(subjects.started("p", "r1"), Event.encode({ id: newEventId(), body: undefined }).finish());
    await expect(importHistory(other, elsewhere(), file)).rejects.toMatchObject({ code: "run-differs" });
    expect(await other.leaderLastSequence()).toBe(1);
  });

  it("is gone on with where an import was broken off", async () => {
    await play("r1");
    const file = await exportOne("r1");
    const whole = new MemoryLog();
    const { written } = await importHistory(whole, elsewhere(), file);
    const begun = new MemoryLog();
    for (const entry of (await entriesOf(whole)).slice(0, 3)) await copyEntry(begun, entry);
    expect(await importHistory(begun, elsewhere(), file)).toMatchObject({ standing: 3, written: written - 3 });
    expect(await shown(begun, elsewhere(), "r1")).toEqual(await shown(log, store, "r1"));
  });

  it("must have ended", async () => {
    await startTestRun(log, store, plan, "r1", "data");
    await expect(exportOne("r1")).rejects.toMatchObject({ code: "not-ended" });
  });
});

describe("artifacts", () => {
  it("come along with every file, empty ones and those in directories too", async () => {
    const staging = await store.stage("e", "o");
    mkdirSync(join(staging.path, "Split-train/deep"), { recursive: true });
    writeFileSync(join(staging.path, "Split-train/deep/large"), Buffer.alloc(2_500_000, "x"));
    writeFileSync(join(staging.path, "Split-train/empty"), "");
    writeFileSync(join(staging.path, "z"), "z");
    const { digest } = await store.commit(staging, { type: "Examples" });
    const artifact = { type: "Examples", digest, bytes: 2_500_001n, files: 3, properties: {} };
    const body = {
      $case: "artifactProduced" as const,
      value: { artifact, cause: undefined, epoch: 0, planDigest: "", runKind: 0 as const },
    };
    await log.append(
      subjects.artifact("p", "r", "a", "a", "A", "out"),
      Event.encode({ id: newEventId(), body }).finish(),
    );
    const there = elsewhere();
    expect(await importHistory(new MemoryLog(), there, await exportWhole())).toMatchObject({ payloads: 1 });
    const place = await there.open(digest);
    expect(readFileSync(join(place, "Split-train/deep/large"))).toHaveLength(2_500_000);
    expect(readFileSync(join(place, "Split-train/empty"))).toHaveLength(0);
  });

  it("that are gone are told, and the rest is written", async () => {
    await play("r1");
    const digest = (await shown(log, store, "r1")).nodes[0]?.outputs[0]?.digest ?? "";
    rmSync(join(directory, "store/sha256", digest.slice(7, 9), `${digest.slice(7)}.manifest.json`));
    const file = exported("log.history");
    const { missing, payloads } = await exportLog(log, store, { file, to: await log.leaderLastSequence(), store });
    expect(missing).toEqual([digest]);
    expect(payloads).toBeGreaterThan(0);
  });
});

describe("a file", () => {
  it("that is cut or altered anywhere is refused before anything is written", async () => {
    await play("r1");
    const whole = readFileSync(await exportWhole());
    const at = fc.integer({ min: 0, max: whole.length - 1 });
    await fc.assert(
      fc.asyncProperty(at, fc.integer({ min: 1, max: 255 }), fc.boolean(), async (place, change, cut) => {
        const file = exported("bad.history");
        const bytes = Buffer.from(cut ? whole.subarray(0, place) : whole);
        if (!cut) bytes[place] = (bytes[place] ?? 0) ^ change;
        writeFileSync(file, bytes);
        const there = new MemoryLog();
        const untouched = join(directory, "untouched");
        await expect(importHistory(there, new DirectoryStore(untouched), file)).rejects.toMatchObject({
          code: "history-damaged",
          message: expect.stringMatching(/record \d+, at byte \d+/),
        });
        expect(await there.leaderLastSequence()).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it("that was compressed and is cut names the record that it ends in", async () => {
    await play("r1");
    const file = await exportOne("r1");
    expect(gunzipSync(readFileSync(file)).toString("latin1")).toMatch(/^millrace-history\n/);
    writeFileSync(file, readFileSync(file).subarray(0, -200));
    await expect(checkHistory(file)).rejects.toMatchObject({ code: "history-damaged" });
  });

  it("that is not there is said to be missing, and nothing else happens", async () => {
    await expect(checkHistory(join(directory, "none.history"))).rejects.toMatchObject({ code: "history-missing" });
  });

  it("is never overwritten, and none is left where an export failed", async () => {
    await play("r1");
    const file = await exportWhole();
    await expect(exportWhole()).rejects.toMatchObject({ code: "file-exists" });
    expect(readFileSync(file).length).toBeGreaterThan(100);
    await expect(exportOne("r1", join(directory, "no/such/place"))).rejects.toThrow(/ENOENT/);
  });
});
