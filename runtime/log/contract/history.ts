import { describe, expect } from "vitest";
import type { Log, LogEntry, ReadRange } from "../log.ts";
import { bytes, collect, type ConnectPair, testWith } from "./support.ts";

const sequencesOf = (entries: readonly LogEntry[]): number[] => entries.map(({ sequence }) => sequence);

async function write(log: Log, count: number): Promise<void> {
  for (let index = 1; index <= count; index++)
    await log.append(index % 2 === 0 ? "mr.even" : "mr.odd", bytes(`${index}`));
}

/** Ordered reads, with and without an end. */
export function describeHistory(name: string, connect: ConnectPair): void {
  describe(`${name}: history`, () => {
    const test = testWith(connect);

    test("reads all of it, or what the filters match, in order", async ({ log }) => {
      await write(log, 7);
      expect(sequencesOf(await collect(log.read([])))).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(sequencesOf(await collect(log.read(["mr.even"])))).toEqual([2, 4, 6]);
      expect(sequencesOf(await collect(log.read(["mr.even", "mr.odd"], { from: 3, to: 5 })))).toEqual([3, 4, 5]);
    });

    test("ends although the last sequence wanted does not match, or is not there yet", async ({ log }) => {
      await write(log, 7);
      expect(sequencesOf(await collect(log.read(["mr.even"], { to: 5 })))).toEqual([2, 4]);
      expect(sequencesOf(await collect(log.read(["mr.odd"], { from: 4, to: 99 })))).toEqual([5, 7]);
      expect(await collect(log.read(["mr.none"]))).toEqual([]);
      expect(await collect(log.read(["mr.odd"], { from: 8 }))).toEqual([]);
    });

    test("reads the few messages below one subject from about where they begin", async ({ log }) => {
      await write(log, 5);
      for (const text of ["6", "7", "8"]) await log.append(text === "7" ? "mr.odd" : "mr.run.r.end", bytes(text));
      const read = async (filter: string, range: ReadRange) => sequencesOf(await collect(log.read([filter], range)));
      expect(await read("mr.run.r.>", { near: 1 })).toEqual([6, 8]);
      expect(await read("mr.run.r.>", { near: 6 })).toEqual([6, 8]);
      expect(await read("mr.run.r.>", { near: 6, from: 7 })).toEqual([8]);
      expect(await read("mr.run.r.end", { near: 4, to: 7 })).toEqual([6]);
      expect(await read("mr.run.none.>", { near: 4 })).toEqual([]);
    });

    test("misses nothing when it was told a wrong place to begin", async ({ log }) => {
      await write(log, 5);
      for (const near of [2, 4, 5, 6, 99]) {
        expect(sequencesOf(await collect(log.read(["mr.odd"], { near })))).toEqual([1, 3, 5]);
        expect(sequencesOf(await collect(log.read(["mr.>"], { near, to: 4 })))).toEqual([1, 2, 3, 4]);
      }
    });

    test("reads more than it holds in memory at once", async ({ log }) => {
      const count = 3_000;
      await Promise.all(Array.from({ length: count }, (_, index) => log.append("mr.many", bytes(`${index}`))));
      const sequences = sequencesOf(await collect(log.read(["mr.many"])));
      expect(sequences).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    });

    test("follows what is there and then what comes, until told to stop", async ({ log, other }) => {
      await write(log, 3);
      const stop = new AbortController();
      const seen: number[] = [];
      for await (const { sequence } of log.follow(["mr.odd"], { from: 2, signal: stop.signal })) {
        seen.push(sequence);
        if (sequence === 3) await write(other, 3);
        if (sequence === 6) stop.abort();
      }
      expect(seen).toEqual([3, 4, 6]);
    });

    test("stops following while nothing comes", async ({ log }) => {
      const stop = new AbortController();
      const following = collect(log.follow(["mr.none"], { signal: stop.signal }));
      await log.append("mr.a", bytes("1"));
      stop.abort();
      expect(await following).toEqual([]);
    });
  });
}
