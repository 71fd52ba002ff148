import { MemoryLog, subjectsOf } from "millrace/log";
import { describe, expect, it } from "vitest";
import { sequenceAt } from "./moment.ts";

async function logOf(messages: number): Promise<MemoryLog> {
  const log = new MemoryLog();
  for (let at = 0; at < messages; at++) await log.append(subjectsOf("mr").dataset("a"), new Uint8Array([at]));
  return log;
}

describe("sequenceAt()", () => {
  it("is all there is unless asked otherwise", async () => {
    expect(await sequenceAt(await logOf(3), undefined)).toBe(3);
  });

  it("takes a sequence, and no more than there is", async () => {
    const log = await logOf(3);
    expect(await sequenceAt(log, "2")).toBe(2);
    expect(await sequenceAt(log, "9")).toBe(3);
  });

  it("takes a time: what the log held then", async () => {
    const log = await logOf(3);
    const third = (await log.get(3))?.timeMs ?? 0;
    expect(await sequenceAt(log, new Date(third + 1).toISOString())).toBe(3);
    expect(await sequenceAt(log, "1999-12-31")).toBe(0);
  });

  it("refuses what is neither", async () => {
    await expect(sequenceAt(await logOf(1), "yesterday-ish")).rejects.toThrow(/must be a sequence or a time/);
  });
});
