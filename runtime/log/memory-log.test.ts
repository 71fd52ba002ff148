import { describe, expect, it } from "vitest";
import { ManualClock } from "./clock.ts";
import { describeLog } from "./contract/mod.ts";
import type { Delivery } from "./log.ts";
import { MemoryLog } from "./memory-log.ts";
import { MemoryStream } from "./memory-stream.ts";

describeLog("MemoryLog", async () => {
  const log = new MemoryLog();
  const other = new MemoryLog({ stream: log.stream });
  return {
    log,
    other,
    [Symbol.asyncDispose]: async () => {
      await log[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
});

const ackWaitMs = 30_000;

/** A log at whose clock the test turns, with one message and a consumer that settles nothing. */
async function setUp(consumers = 1) {
  const clock = new ManualClock(1_000);
  const stream = new MemoryStream({ clock });
  const logs = Array.from({ length: consumers }, () => new MemoryLog({ stream }));
  const deliveries: Delivery[] = [];
  const handle = async (delivery: Delivery): Promise<void> => void deliveries.push(delivery);
  for (const log of logs) await log.consume({ durable: "d", filters: ["mr.>"], heldMax: 8, ackWaitMs, handle });
  stream.append("mr.a", new Uint8Array(), {});
  const after = async (ms: number): Promise<number> => {
    clock.advance(ms);
    await new Promise<void>((resolve) => setImmediate(resolve));
    return deliveries.length;
  };
  return { logs, deliveries, after };
}

describe("MemoryLog", () => {
  it("stamps messages with its clock", async () => {
    const clock = new ManualClock(1_000);
    const log = new MemoryLog({ clock });
    clock.advance(5);
    await log.append("mr.a", new Uint8Array());
    expect((await log.get(1))?.timeMs).toBe(1_005);
  });

  it("delivers again exactly when ack_wait is over", async () => {
    const { after } = await setUp();
    expect(await after(0)).toBe(1);
    expect(await after(ackWaitMs - 1)).toBe(1);
    expect(await after(1)).toBe(2);
  });

  it("puts redelivery off by another ack_wait at working()", async () => {
    const { deliveries, after } = await setUp();
    await after(ackWaitMs - 1);
    deliveries[0]?.working();
    expect(await after(ackWaitMs - 1)).toBe(1);
    expect(await after(1)).toBe(2);
  });

  it("lets a zombie's working() and ack count, as JetStream does", async () => {
    const { deliveries, after } = await setUp();
    await after(0);
    await after(ackWaitMs);
    const [zombie] = deliveries;
    await after(ackWaitMs - 1);
    zombie?.working();
    expect(await after(1)).toBe(2);
    zombie?.ack();
    expect(await after(10 * ackWaitMs)).toBe(2);
  });

  it("gives what a vanished consumer held to another after ack_wait", async () => {
    const { logs, deliveries, after } = await setUp(2);
    await after(0);
    await logs[0]?.[Symbol.asyncDispose]();
    expect(await after(ackWaitMs)).toBe(2);
    expect(deliveries[1]?.count).toBe(2);
  });

  it("keeps its own copy of the bytes", async () => {
    const log = new MemoryLog();
    const data = Uint8Array.of(1);
    await log.append("mr.a", data);
    data[0] = 2;
    expect((await log.get(1))?.data).toEqual(Uint8Array.of(1));
  });

  it("refuses to work once closed", async () => {
    const log = new MemoryLog();
    await log[Symbol.asyncDispose]();
    await expect(log.append("mr.a", new Uint8Array())).rejects.toMatchObject({ code: "log-closed" });
  });
});
