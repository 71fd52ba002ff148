import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryLog, subjectsOf } from "../../log/mod.ts";
import type { Clock } from "../../log/mod.ts";
import { KeptTimes } from "./kept-times.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "times-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A log that messages can be appended to at any time, and that counts what is read. */
class TimedLog extends MemoryLog {
  readonly #now: { ms: number };
  gets = 0;
  reads = 0;

  constructor(now: { ms: number } = { ms: 0 }) {
    const clock: Clock = { ...new MemoryLog().clock, epochMs: () => now.ms };
    super({ clock });
    this.#now = now;
  }

  async at(...times: readonly number[]): Promise<void> {
    for (const ms of times) {
      this.#now.ms = ms;
      await this.append(subjectsOf("mr").dataset("a"), new Uint8Array());
    }
  }

  override get(sequence: number): ReturnType<MemoryLog["get"]> {
    this.gets += 1;
    return super.get(sequence);
  }

  override read(...given: Parameters<MemoryLog["read"]>): ReturnType<MemoryLog["read"]> {
    this.reads += 1;
    return super.read(...given);
  }
}

/** By the definition: the messages before the first later one. */
function prefixOf(times: readonly number[], ms: number): number {
  const first = times.findIndex((time) => time > ms);
  return first < 0 ? times.length : first;
}

describe("KeptTimes.lastUpTo()", () => {
  it("is the longest prefix with no later time, whatever clocks did, kept at any message or not", async () => {
    const times = fc.array(fc.nat(20), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(times, times, fc.nat(22), async (before, after, ms) => {
        const own = mkdtempSync(join(directory, "p-"));
        const log = new TimedLog();
        await log.at(...before);
        await new KeptTimes(log, own).build(before.length);
        await log.at(...after);
        const all = [...before, ...after];
        for (const kept of [undefined, own])
          expect(await new KeptTimes(log, kept).lastUpTo(ms, all.length)).toBe(prefixOf(all, ms));
        const cut = Math.floor(all.length / 2);
        expect(await new KeptTimes(log, own).lastUpTo(ms, cut)).toBe(prefixOf(all.slice(0, cut), ms));
      }),
      { numRuns: 200 },
    );
  });

  it("searches by single messages once times are kept", async () => {
    const log = new TimedLog();
    await log.at(...Array.from({ length: 1_000 }, (_, index) => index));
    expect(await new KeptTimes(log, directory).lastUpTo(500, 1_000)).toBe(501);
    [log.gets, log.reads] = [0, 0];
    expect(await new KeptTimes(log, directory).lastUpTo(700, 1_000)).toBe(701);
    expect(log.reads).toBe(0);
    expect(log.gets).toBeLessThan(15);
  });

  it("uses nothing that was kept of another log, or is damaged", async () => {
    const [one, other] = [new TimedLog(), new TimedLog()];
    await one.at(1, 9, 2, 3);
    await other.at(1, 2, 3, 4);
    await new KeptTimes(one, directory).build(4);
    expect(await new KeptTimes(other, directory).lastUpTo(3, 4)).toBe(3);
    for (const name of readdirSync(join(directory, "times")))
      writeFileSync(join(directory, "times", name), "{}\nnoise");
    expect(await new KeptTimes(one, directory).lastUpTo(3, 4)).toBe(1);
  });

  it("is the same dropped and folded again", async () => {
    const log = new TimedLog();
    await log.at(1, 9, 2, 3, 10, 4, 11);
    const times = new KeptTimes(log, directory);
    await times.build(7);
    const before = [await times.digest(7), await times.digest(4)];
    await times.drop();
    await times.build(7);
    expect([await times.digest(7), await times.digest(4)]).toEqual(before);
    expect(before[0]).not.toBe(before[1]);
  });
});
