import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataDirectory } from "@millrace/local";
import { type Clock, MemoryLog, subjectsOf } from "millrace/log";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMoment, sequenceAt } from "./moment.ts";

const start = Date.parse("2026-11-23T12:00:00Z");

/** A log whose messages came at these seconds after the start; it is 100 s after it by now. */
async function logOf(...seconds: readonly number[]): Promise<MemoryLog> {
  let now = start;
  const clock: Clock = { ...new MemoryLog().clock, epochMs: () => now };
  const log = new MemoryLog({ clock });
  for (const [index, second] of seconds.entries()) {
    now = start + second * 1_000;
    await log.append(subjectsOf("mr").dataset("a"), new Uint8Array([index]));
  }
  now = start + 100_000;
  return log;
}

describe("readMoment()", () => {
  let directory: string;
  let notes: string[];
  const reader = () => ({ data: dataDirectory(directory), note: (sentence: string) => void notes.push(sentence) });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "moment-"));
    notes = [];
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("is now unless asked otherwise", async () => {
    expect(await readMoment(await logOf(1, 2, 3), undefined)).toEqual({ sequence: 3, nowMs: start + 100_000 });
  });

  it("takes a sequence, and the time of its message", async () => {
    expect(await readMoment(await logOf(1, 2, 3), "2")).toEqual({ sequence: 2, nowMs: start + 2_000 });
    expect((await readMoment(await logOf(1, 2, 3), "0")).sequence).toBe(0);
  });

  it("takes a time: what the log held then, and that time", async () => {
    const log = await logOf(1, 2, 3);
    expect(await readMoment(log, "2026-11-23T12:00:02.500Z")).toEqual({ sequence: 2, nowMs: start + 2_500 });
    expect((await readMoment(log, "1999-12-31")).sequence).toBe(0);
  });

  it.each(["2026-11-23T12:00:02Z", "2026-11-23T12:00:02", "2026-11-23 12:00:02Z", "2026-11-23 13:00:02+01:00"])(
    "reads %s in UTC",
    async (at) => {
      expect((await readMoment(await logOf(1, 2, 3), at)).sequence).toBe(2);
    },
  );

  it("says that what is asked for is still to come, and takes the log as it is", async () => {
    const log = await logOf(1, 2, 3);
    expect(await readMoment(log, "9", reader())).toEqual({ sequence: 3, nowMs: start + 100_000 });
    expect(await readMoment(log, "2026-11-24", reader())).toEqual({ sequence: 3, nowMs: start + 100_000 });
    expect(notes).toEqual([
      "The log ends at message 3, before 9: this is the log as it is now.",
      "2026-11-24 is yet to come: this is the log as it is now.",
    ]);
  });

  it.each([
    ["yesterday-ish", /must be a sequence or a time/],
    ["-3", /must be a sequence or a time/],
    ["2026-13-45", /no such day or time/],
    [String(start), /as a time in milliseconds it is 2026-11-23T12:00:00\.000Z, so write that/],
  ])("refuses %s", async (at, message) => {
    await expect(sequenceAt(await logOf(1), at)).rejects.toThrow(message);
  });

  it("takes the longest prefix before a first later time where clocks were set back, kept or not", async () => {
    const log = await logOf(1, 50, 2, 3, 4, 60);
    for (const kept of [undefined, reader(), reader()])
      expect((await readMoment(log, "2026-11-23T12:00:10Z", kept)).sequence).toBe(1);
  });
});
