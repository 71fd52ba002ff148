import { describe, expect, it } from "vitest";
import type { Delivery, Log, LogEntry } from "./log.ts";

/** Two connections to one new, empty log. */
export interface LogPair extends AsyncDisposable {
  readonly log: Log;
  readonly other: Log;
}

/** Redelivery comes after this long where a test waits for it. */
const soonMs = 300;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (entry: LogEntry | undefined): string | undefined => entry && new TextDecoder().decode(entry.data);

async function collect(entries: AsyncIterable<LogEntry>, count = Number.POSITIVE_INFINITY): Promise<LogEntry[]> {
  const collected: LogEntry[] = [];
  for await (const entry of entries) {
    collected.push(entry);
    if (collected.length === count) break;
  }
  return collected;
}

const sequencesOf = (entries: readonly LogEntry[]): number[] => entries.map(({ sequence }) => sequence);

/** A handler that keeps what it is given for the test to settle, and is busy with it until released. */
class Holder {
  readonly deliveries: Delivery[] = [];
  readonly #released = Promise.withResolvers<void>();
  readonly #waiting = new Set<() => void>();

  readonly handle = async (delivery: Delivery): Promise<void> => {
    this.deliveries.push(delivery);
    for (const wake of this.#waiting) wake();
    await this.#released.promise;
  };

  /** The n-th delivery, from 0, once it has come. */
  async at(index: number): Promise<Delivery> {
    for (;;) {
      const delivery = this.deliveries[index];
      if (delivery !== undefined) return delivery;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  release(): void {
    this.#released.resolve();
  }
}

async function write(log: Log, count: number): Promise<void> {
  for (let index = 1; index <= count; index++)
    await log.append(index % 2 === 0 ? "mr.even" : "mr.odd", bytes(`${index}`));
}

/**
 * What every log does, run on each adapter.
 * @param connect Makes a new log in the namespace `mr` and connects to it twice.
 */
export function describeLog(name: string, connect: () => Promise<LogPair>): void {
  /** A test on its own log. */
  const test = (sentence: string, body: (pair: LogPair) => Promise<void>): void => {
    it(sentence, async () => {
      await using pair = await connect();
      await body(pair);
    });
  };

  describe(`${name}: append`, () => {
    test("numbers messages without regard to subject", async ({ log }) => {
      expect(await log.append("mr.a", bytes("1"))).toEqual({ kind: "appended", sequence: 1 });
      expect(await log.append("mr.b", bytes("2"))).toEqual({ kind: "appended", sequence: 2 });
      expect(await log.leaderLastSequence()).toBe(2);
    });

    test("refuses what does not expect the subject's last sequence", async ({ log, other }) => {
      expect(await log.append("mr.a", bytes("1"), { expectLastSequence: 0 })).toEqual({
        kind: "appended",
        sequence: 1,
      });
      await other.append("mr.b", bytes("2"));
      const refused = { kind: "refused", reason: "wrong-sequence" };
      expect(await other.append("mr.a", bytes("x"), { expectLastSequence: 0 })).toEqual(refused);
      expect(await other.append("mr.a", bytes("x"), { expectLastSequence: 2 })).toEqual(refused);
      expect(await other.append("mr.a", bytes("3"), { expectLastSequence: 1 })).toEqual({
        kind: "appended",
        sequence: 3,
      });
    });

    test("lets exactly one of many racing claims through", async ({ log, other }) => {
      for (let round = 0; round < 20; round++) {
        const claims = Array.from({ length: 10 }, (_, index) =>
          (index % 2 === 0 ? log : other).append(`mr.claim.${round}`, bytes(`${index}`), { expectLastSequence: 0 }),
        );
        const answers = await Promise.all(claims);
        expect(answers.filter(({ kind }) => kind === "appended")).toHaveLength(1);
      }
    });

    test("keeps bytes and headers as they were given", async ({ log }) => {
      const data = Uint8Array.from({ length: 256 }, (_, index) => index);
      const headers = { "ce-id": "7", traceparent: "00-aa-bb-01" };
      await log.append("mr.a", data, { headers, expectLastSequence: 0 });
      const found = [
        await log.get(1),
        await log.leaderLastOf("mr.a"),
        (await log.lastOf(["mr.a"])).entries.get("mr.a"),
        ...(await collect(log.read(["mr.a"]))),
      ];
      expect(found).toHaveLength(4);
      const [first] = found;
      for (const entry of found) {
        expect(entry?.subject).toBe("mr.a");
        expect(Buffer.from(entry?.data ?? []).equals(data)).toBe(true);
        expect(Object.fromEntries(entry?.headers ?? [])).toEqual(headers);
        expect(entry?.timeMs).toBe(first?.timeMs);
      }
    });

    test("takes an empty message", async ({ log }) => {
      await log.append("mr.a", bytes(""));
      expect((await log.leaderLastOf("mr.a"))?.data).toHaveLength(0);
      expect((await collect(log.read(["mr.>"])))[0]?.data).toHaveLength(0);
      expect((await log.lastOf(["mr.a"])).entries.get("mr.a")?.data).toHaveLength(0);
    });
  });

  describe(`${name}: last messages`, () => {
    test("gives the last message of each subject that has one, and how far it had read", async ({ log }) => {
      for (const [subject, text] of [
        ["mr.a", "1"],
        ["mr.b", "2"],
        ["mr.a", "3"],
        ["mr.c", "4"],
      ] as const)
        await log.append(subject, bytes(text));
      const { entries, upTo } = await log.lastOf(["mr.a", "mr.b", "mr.none"]);
      expect(entries.size).toBe(2);
      expect([entries.get("mr.a")?.sequence, textOf(entries.get("mr.a"))]).toEqual([3, "3"]);
      expect([entries.get("mr.b")?.sequence, textOf(entries.get("mr.b"))]).toEqual([2, "2"]);
      expect(upTo).toBe(4);
    });

    test("claims no freshness when no subject has a message", async ({ log }) => {
      await log.append("mr.a", bytes("1"));
      expect(await log.lastOf(["mr.none", "mr.nothing"])).toEqual({ entries: new Map(), upTo: 0 });
    });

    test("refuses to answer with over 1,024 messages", async ({ log }) => {
      const subjects = Array.from({ length: 1_025 }, (_, index) => `mr.n.${index}`);
      await Promise.all(subjects.map((subject) => log.append(subject, bytes(""))));
      expect((await log.lastOf(subjects.slice(1))).entries.size).toBe(1_024);
      await expect(log.lastOf(subjects)).rejects.toMatchObject({ code: "stale-read" });
    });

    test("finds nothing where nothing is", async ({ log }) => {
      expect(await log.leaderLastOf("mr.none")).toBeUndefined();
      expect(await log.get(7)).toBeUndefined();
      expect(await log.leaderLastSequence()).toBe(0);
    });
  });

  describe(`${name}: history`, () => {
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

  describe(`${name}: consume`, () => {
    const options = { durable: "mill", filters: ["mr.a", "mr.b.*"] };

    test("delivers what was there before and what comes, once each, in order", async ({ log }) => {
      await log.append("mr.a", bytes("1"));
      const holder = new Holder();
      await using _consumption = await log.consume({ ...options, heldMax: 4, handle: holder.handle });
      await log.append("mr.c", bytes("2"));
      await log.append("mr.b.x", bytes("3"));
      expect(textOf((await holder.at(0)).entry)).toBe("1");
      const second = await holder.at(1);
      expect([second.entry.sequence, second.entry.subject, second.count]).toEqual([3, "mr.b.x", 1]);
      for (const delivery of holder.deliveries) delivery.ack();
      holder.release();
    });

    test("never has more with the handler than it may hold", async ({ log }) => {
      for (let index = 0; index < 30; index++) await log.append("mr.a", bytes(`${index}`));
      let held = 0;
      let heldMost = 0;
      let done = 0;
      const all = Promise.withResolvers<void>();
      await using _consumption = await log.consume({
        ...options,
        heldMax: 3,
        handle: async (delivery) => {
          heldMost = Math.max(heldMost, ++held);
          await log.leaderLastSequence();
          delivery.ack();
          held -= 1;
          if (++done === 30) all.resolve();
        },
      });
      await all.promise;
      expect(heldMost).toBe(3);
    });

    test("shares the messages among the consumers of a durable", async ({ log, other }) => {
      const seen: number[] = [];
      const all = Promise.withResolvers<void>();
      const handle = async (delivery: Delivery): Promise<void> => {
        seen.push(delivery.entry.sequence);
        delivery.ack();
        if (seen.length === 20) all.resolve();
      };
      await using _one = await log.consume({ ...options, heldMax: 2, handle });
      await using _two = await other.consume({ ...options, heldMax: 2, handle });
      for (let index = 0; index < 20; index++) await log.append("mr.a", bytes(`${index}`));
      await all.promise;
      expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });

    test("delivers again after ack_wait what was not settled", async ({ log }) => {
      await log.append("mr.a", bytes("1"));
      const holder = new Holder();
      await using _consumption = await log.consume({
        ...options,
        ackWaitMs: soonMs,
        heldMax: 4,
        handle: holder.handle,
      });
      const again = await holder.at(1);
      expect([again.entry.sequence, again.count]).toEqual([1, 2]);
      again.ack();
      holder.release();
    });

    test("delivers again after the delay of a nak, and never after ack or term", async ({ log }) => {
      for (const text of ["acked", "ended", "put off"]) await log.append("mr.a", bytes(text));
      const holder = new Holder();
      await using _consumption = await log.consume({ ...options, heldMax: 8, handle: holder.handle });
      (await holder.at(0)).ack();
      (await holder.at(1)).term("the test says so");
      (await holder.at(2)).nak(soonMs);
      const again = await holder.at(3);
      expect([textOf(again.entry), again.count]).toEqual(["put off", 2]);
      again.ack();
      holder.release();
      expect(holder.deliveries).toHaveLength(4);
    });

    test("keeps its place for the next consumer", async ({ log, other }) => {
      await log.append("mr.a", bytes("1"));
      const first = new Holder();
      const consumption = await log.consume({ ...options, heldMax: 1, handle: first.handle });
      (await first.at(0)).ack();
      first.release();
      await consumption.drain();
      await log.append("mr.a", bytes("2"));
      const second = new Holder();
      await using _consumption = await other.consume({ ...options, heldMax: 1, handle: second.handle });
      const delivery = await second.at(0);
      expect([textOf(delivery.entry), delivery.count]).toEqual(["2", 1]);
      delivery.ack();
      second.release();
    });

    test("drains only when every handler is done", async ({ log }) => {
      await log.append("mr.a", bytes("1"));
      const holder = new Holder();
      const consumption = await log.consume({ ...options, heldMax: 1, handle: holder.handle });
      (await holder.at(0)).ack();
      let drained = false;
      const draining = consumption.drain().then(() => (drained = true));
      await log.leaderLastSequence();
      expect(drained).toBe(false);
      holder.release();
      await draining;
    });
  });
}
