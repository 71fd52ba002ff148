import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DirectoryStore } from "../artifacts/mod.ts";
import { Event } from "../contracts/millrace/event/v1/event.ts";
import { exportLog, exportRun, importHistory } from "../history/mod.ts";
import { decodeEvent } from "../journal/mod.ts";
import { MemoryLog, newEventId } from "../log/mod.ts";
import { writeHistories } from "../testing/history/write-histories.ts";
import { journalOf, PlayedRuns, subjects } from "../testing/played-runs.ts";
import { verify } from "./verify.ts";

// Agents at work on a busy machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let runs: PlayedRuns;

beforeEach(() => {
  runs = new PlayedRuns();
});

afterEach(() => runs[Symbol.dispose]());

describe("verify() of a sound log", () => {
  it("finds nothing, and says how much it read", async () => {
    await runs.play("r1", "r2");
    const found = await runs.verified();
    expect(found).toMatchObject({ ok: true, problems: [], notes: [], unknown: 0, artifacts: 3 });
    expect(found.events).toBe(await runs.log.leaderLastSequence());
  });

  it("finds nothing on the chains of many runs that failed, were retried, resumed, cancelled, reused or are open", async () => {
    const past = new MemoryLog();
    const fates = ["succeeded", "reused", "retried", "failed", "resumed", "cancelled", "running", "queued"] as const;
    await writeHistories(past, 2 * fates.length, (index) => fates[index % fates.length] ?? "succeeded");
    const { problems, notes } = await runs.verified(past);
    expect(problems.filter(({ code }) => code !== "artifact-missing")).toEqual([]);
    expect(notes).toEqual([]);
  });

  it("finds nothing in any prefix of it: what is under way is no problem", async () => {
    await runs.play("r1", "r2");
    for (let to = 0; to <= (await runs.log.leaderLastSequence()); to++)
      expect((await verify({ log: runs.log, store: runs.store, to })).problems).toEqual([]);
  });

  it("finds nothing in a log that was imported, or in a run that was, also when its bytes stayed behind", async () => {
    await runs.play("r1", "r2");
    const to = await runs.log.leaderLastSequence();
    await exportLog(runs.log, runs.store, { file: runs.path("log"), to, store: runs.store });
    await exportRun(runs.log, { pipeline: "p", run: "r2" }, runs.store, {
      file: runs.path("run"),
      to,
      store: runs.store,
    });
    await exportRun(runs.log, { pipeline: "p", run: "r2" }, runs.store, { file: runs.path("bare"), to });
    for (const name of ["log", "run"]) {
      const there = new DirectoryStore(runs.path(`store of ${name}`));
      const other = new MemoryLog();
      await importHistory(other, there, runs.path(name));
      expect(await runs.verified(other, there)).toMatchObject({ ok: true, problems: [], notes: [] });
    }
    const bare = new MemoryLog();
    const nowhere = new DirectoryStore(runs.path("nowhere"));
    await importHistory(bare, nowhere, runs.path("bare"));
    const found = await runs.verified(bare, nowhere);
    expect(found.problems).toEqual([]);
    expect(new Set(found.notes.map(({ code }) => code))).toEqual(new Set(["artifact-not-brought"]));
  });

  it("counts what a later version wrote, and does not judge what follows from it", async () => {
    await runs.play("r1");
    const head = decodeEvent((await runs.log.leaderLastOf(journalOf("a")))?.data ?? new Uint8Array());
    const previous = {
      sequence: BigInt((await runs.log.leaderLastOf(journalOf("a")))?.sequence ?? 0),
      eventId: head?.id ?? "",
    };
    const later = await runs.append(journalOf("a"), { previous, body: undefined });
    await runs.append(journalOf("a"), {
      previous: { sequence: BigInt(await runs.log.leaderLastSequence()), eventId: later },
      body: { $case: "skipped", value: { input: "", causeNode: "", reason: "" } },
    });
    await runs.append("mr.later.kind", { body: undefined });
    const withField = Buffer.concat([
      Event.encode({ id: newEventId(), body: undefined }).finish(),
      Buffer.from([0xa2, 0x1f, 0]),
    ]);
    await runs.log.append(subjects.dataset("d"), withField);
    expect(await runs.verified()).toMatchObject({ ok: true, unknown: 3 });
  });

  it("lets anyone publish datasets in words of his own", async () => {
    await runs.log.append(subjects.dataset("d"), Buffer.from('{"specversion":"1.0"}'));
    await runs.log.append(subjects.dataset("d"), Buffer.from([1, 2, 3]));
    expect(await runs.verified()).toMatchObject({ ok: true, events: 2 });
  });
});
