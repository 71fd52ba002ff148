import { describe, expect } from "vitest";
import { bytes, collect, type ConnectPair, testWith } from "./support.ts";

/** Compare-and-set per subject, and what is stored. */
export function describeAppend(name: string, connect: ConnectPair): void {
  describe(`${name}: append`, () => {
    const test = testWith(connect);

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

    test("refuses what does not expect the stream's last sequence, in the order in which it was sent", async ({
      log,
    }) => {
      const sent = [0, 1, 2].map((expectStreamSequence) => log.append("mr.a", bytes("x"), { expectStreamSequence }));
      expect(await Promise.all(sent)).toEqual([1, 2, 3].map((sequence) => ({ kind: "appended", sequence })));
      const refused = { kind: "refused", reason: "wrong-sequence" };
      expect(await log.append("mr.b", bytes("x"), { expectStreamSequence: 2 })).toEqual(refused);
      expect(await log.append("mr.b", bytes("x"), { expectStreamSequence: 4, expectLastSequence: 0 })).toEqual(refused);
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

    test("says of each message what its writer expected", async ({ log }) => {
      await log.append("mr.a", bytes("1"), { expectLastSequence: 0 });
      await log.append("mr.a", bytes("2"), { expectLastSequence: 1 });
      await log.append("mr.a", bytes("3"));
      const wanted = [0, 1, undefined];
      for (const [index, expected] of wanted.entries()) expect((await log.get(index + 1))?.expected).toBe(expected);
      expect((await collect(log.read(["mr.a"]))).map(({ expected }) => expected)).toEqual(wanted);
      await log.append("mr.a", bytes("4"), { expectLastSequence: 3 });
      expect((await log.lastOf(["mr.a"])).entries.get("mr.a")?.expected).toBe(3);
      expect((await log.leaderLastOf("mr.a"))?.expected).toBe(3);
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
}
