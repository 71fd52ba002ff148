import { describe, expect } from "vitest";
import type { Delivery } from "../log.ts";
import { Holder } from "./holder.ts";
import { bytes, type ConnectPair, testWith, textOf } from "./support.ts";

/** Redelivery comes after this long where a test waits for it. */
const soonMs = 300;

/** Durables: shares, credits, redelivery, drain. */
export function describeConsume(name: string, connect: ConnectPair): void {
  describe(`${name}: consume`, () => {
    const test = testWith(connect);

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

    test("leaves to others what it has no room for", async ({ log, other }) => {
      const busy = new Holder();
      await using _busy = await log.consume({ ...options, heldMax: 1, handle: busy.handle });
      await log.append("mr.a", bytes("kept"));
      const kept = await busy.at(0);
      for (let index = 0; index < 10; index++) await log.append("mr.a", bytes(`${index}`));
      const taken: number[] = [];
      const all = Promise.withResolvers<void>();
      await using _free = await other.consume({
        ...options,
        heldMax: 4,
        handle: async (delivery) => {
          delivery.ack();
          if (taken.push(delivery.entry.sequence) === 10) all.resolve();
        },
      });
      await all.promise;
      kept.ack();
      busy.release();
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
