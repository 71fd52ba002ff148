import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryLog, subjectsOf } from "../../log/mod.ts";
import type { LogEntry, ReadRange } from "../../log/mod.ts";
import { historyRun, writeHistories } from "../../testing/history/write-histories.ts";
import { rebuild } from "../derived.ts";
import { findRun } from "../find-run.ts";
import { writeSnapshot } from "../kept/snapshot-file.ts";
import { listRuns } from "../runs.ts";
import { KeptRunIndex } from "./kept-run-index.ts";

/** A log that knows how many messages were read from it in order. */
class CountedLog extends MemoryLog {
  readCount = 0;

  override async *read(filters: readonly string[], range: ReadRange = {}): AsyncIterable<LogEntry> {
    for await (const entry of super.read(filters, range)) {
      this.readCount += 1;
      yield entry;
    }
  }
}

const runs = 60;
const nowMs = 9_000_000_000_000;
let directory: string;
let log: CountedLog;
let last: number;
let kept: KeptRunIndex;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "run-index-"));
  log = new CountedLog();
  await writeHistories(log, runs);
  last = await log.leaderLastSequence();
  kept = new KeptRunIndex(log, directory);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = (): string => join(directory, readdirSync(directory)[0] ?? "");

async function readsOf(work: () => Promise<unknown>): Promise<number> {
  log.readCount = 0;
  await work();
  return log.readCount;
}

/** Whatever is kept, what it says must be what the log says. */
async function expectTrue(of: MemoryLog = log): Promise<void> {
  const to = await of.leaderLastSequence();
  expect((await new KeptRunIndex(of, directory).at(to)).list(to, nowMs)).toEqual(await listRuns(of, nowMs));
}

describe("a kept index of runs", () => {
  it("is read whole from the log once, and then not at all", async () => {
    expect(await readsOf(() => kept.at(last))).toBe(last);
    expect(await readsOf(() => kept.at(last))).toBe(0);
    await expectTrue();
  });

  it("folds only what came since", async () => {
    await kept.at(last - 100);
    expect(await readsOf(() => kept.at(last))).toBe(100);
    await expectTrue();
  });

  it("is kept anew when much came since, and not for a little", async () => {
    await kept.at(last - 2_000);
    const before = readFileSync(file(), "utf8");
    await kept.at(last - 1_000);
    expect(readFileSync(file(), "utf8")).toBe(before);
    await kept.at(last);
    expect(readFileSync(file(), "utf8")).not.toBe(before);
  });

  it("answers for an earlier moment without the log, and as the log does", async () => {
    await kept.at(last);
    for (const to of [0, 1, 7, Math.floor(last / 2), last - 1]) {
      expect(await readsOf(async () => (await kept.at(to)).list(to, nowMs))).toBe(0);
      expect((await kept.at(to)).list(to, nowMs)).toEqual(await listRuns(log, nowMs, { to }));
    }
  });

  it.each<[string, (path: string) => void]>([
    ["a byte was flipped", (path) => flip(path, 2_000)],
    ["its header was damaged", (path) => flip(path, 3)],
    ["it was cut", (path) => truncateSync(path, 3_000)],
    ["it is empty", (path) => truncateSync(path, 0)],
    ["it is something else", (path) => writeFileSync(path, "null\n[]")],
    [
      "its line was changed by someone",
      (path) => writeFileSync(path, readFileSync(path, "utf8").replace("failed", "succeeded")),
    ],
  ])("is folded anew where %s", async (_how, damage) => {
    await kept.at(last);
    damage(file());
    expect(await readsOf(() => kept.at(last))).toBe(last);
    await expectTrue();
  });

  it("is not taken for another stream's of the same name and length", async () => {
    await kept.at(last);
    const path = file();
    const other = new CountedLog();
    await writeHistories(other, runs, (index) => (index % 2 === 0 ? "queued" : "failed"));
    const to = await other.leaderLastSequence();
    await expectTrue(other);
    const others =
      readdirSync(directory)
        .map((name) => join(directory, name))
        .find((name) => name !== path) ?? "";
    writeFileSync(others, readFileSync(path));
    await expectTrue(other);
    expect(to).toBeLessThan(last);
  });

  it("is dropped where it goes further than the log, or the log was put back and went on otherwise", async () => {
    await kept.at(last);
    const text = readFileSync(file(), "utf8");
    const putBack = new MemoryLog();
    Object.defineProperty(putBack, "created", { value: () => log.created() });
    await writeHistories(putBack, runs / 2);
    expect(await putBack.leaderLastSequence()).toBeLessThan(last);
    await expectTrue(putBack);
    writeFileSync(file(), text);
    while ((await putBack.leaderLastSequence()) <= last) await putBack.append("mr.other.thing", new Uint8Array([1]));
    await expectTrue(putBack);
  });

  it("may be written by several at once, and in a place that cannot be written", async () => {
    await Promise.all(Array.from({ length: 8 }, () => new KeptRunIndex(log, directory).build(last)));
    expect(readdirSync(directory)).toHaveLength(1);
    expect(await readsOf(() => kept.at(last))).toBe(0);
    writeFileSync(join(directory, "taken"), "");
    const nowhere = new KeptRunIndex(log, join(directory, "taken", "below"));
    expect((await nowhere.at(last)).list(last, nowMs)).toHaveLength(runs);
  });

  it("leaves few files of other streams behind", async () => {
    for (let index = 0; index < 8; index++) {
      const other = new MemoryLog();
      await writeHistories(other, 1);
      await new KeptRunIndex(other, directory).at(await other.leaderLastSequence());
    }
    expect(readdirSync(directory).length).toBeLessThanOrEqual(4);
  });

  it("comes out of being dropped and folded again as it was, and shows it where it was not what the log says", async () => {
    await kept.at(last - 10);
    expect(await rebuild([kept], last)).toMatchObject([{ what: "index of runs", equal: true }]);
    const { key, lines } = await kept.recent(last);
    await writeSnapshot(file(), { key, lines: lines.replaceAll("failed", "succeeded") });
    expect(await rebuild([kept], last)).toMatchObject([{ what: "index of runs", equal: false }]);
    await expectTrue();
  });
});

describe("findRun() with a kept index", () => {
  it("finds what it finds without, at every moment", async () => {
    await kept.at(last - 900);
    for (const to of [5, Math.floor(last / 3), last - 900, last - 899, last])
      for (const name of [
        "latest",
        historyRun(0),
        historyRun(0).slice(0, 9),
        historyRun(57).slice(0, 10),
        historyRun(57),
        "zz",
        '"',
      ])
        expect(await found(name, to, kept)).toEqual(await found(name, to));
  });

  it("takes no stranger's message for a start, and finds the run beneath one", async () => {
    await kept.at(last);
    const { started } = subjectsOf("mr");
    await log.append(started("penguins", "stranger"), new Uint8Array([1]));
    await log.append(started("penguins", historyRun(3)), new Uint8Array([2]));
    const to = await log.leaderLastSequence();
    for (const at of [{ to }, { to, kept }]) {
      expect(await findRun(log, "latest", at)).toMatchObject({ run: historyRun(runs - 1) });
      expect(await findRun(log, historyRun(3), at)).toMatchObject({ run: historyRun(3) });
      await expect(findRun(log, "stranger", at)).rejects.toMatchObject({ code: "unknown-run" });
    }
  });

  it("reads none of the log's history for an id that is kept, whole or begun", async () => {
    await kept.at(last);
    for (const name of ["latest", historyRun(3), historyRun(3).slice(0, 8)])
      expect(await readsOf(() => findRun(log, name, { to: last, kept }))).toBe(0);
  });
});

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}

async function found(name: string, to: number, index?: KeptRunIndex): Promise<unknown> {
  const at = index === undefined ? { to } : { to, kept: index };
  return findRun(log, name, at).catch((error: unknown) => (error instanceof Error ? error.message : error));
}
