import { describe, expect } from "vitest";
import { bytes, type ConnectPair, testWith, textOf } from "./support.ts";

/** Last messages of many subjects from any replica, of one from the leader. */
export function describeLastMessages(name: string, connect: ConnectPair): void {
  describe(`${name}: last messages`, () => {
    const test = testWith(connect);

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

    test("gives the last message of each subject that matches a filter", async ({ log }) => {
      for (const subject of ["mr.pipeline.a", "mr.pipeline.b", "mr.pipeline.a", "mr.other.a", "mr.pipeline.a.b"])
        await log.append(subject, bytes(subject));
      const { entries, upTo } = await log.lastOf(["mr.pipeline.*"]);
      expect([...entries].map(([subject, { sequence }]) => `${subject} ${sequence}`).sort()).toEqual([
        "mr.pipeline.a 3",
        "mr.pipeline.b 2",
      ]);
      expect(upTo).toBe(5);
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

    test("gives the last message of all that match a filter", async ({ log }) => {
      for (const subject of ["mr.run.p.r1.started", "mr.run.p.r2.started", "mr.run.p.r2.ended", "mr.run.q.r1.started"])
        await log.append(subject, bytes(subject));
      const sequenceOf = async (filter: string) => (await log.leaderLastOf(filter))?.sequence;
      expect(await sequenceOf("mr.run.*.*.started")).toBe(4);
      expect(await sequenceOf("mr.run.*.r2.started")).toBe(2);
      expect(await sequenceOf("mr.run.p.>")).toBe(3);
      expect(await sequenceOf("mr.run.*.r3.started")).toBeUndefined();
    });

    test("is one and the same stream for everyone who is connected to it", async ({ log, other }) => {
      expect(await log.created()).not.toBe("");
      expect(await other.created()).toBe(await log.created());
    });

    test("finds nothing where nothing is", async ({ log }) => {
      expect(await log.leaderLastOf("mr.none")).toBeUndefined();
      expect(await log.get(7)).toBeUndefined();
      expect(await log.leaderLastSequence()).toBe(0);
    });
  });
}
