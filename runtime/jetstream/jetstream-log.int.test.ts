import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NatsServer, startNatsServer } from "@millrace/local";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeLog } from "../log/contract/mod.ts";
import type { Consumption, Delivery } from "../log/mod.ts";
import { connectLog } from "./jetstream-log.ts";

let dataDir: string;
let server: NatsServer;
let outsider: NatsConnection;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "millrace-log-"));
  server = await startNatsServer({ dataDir, endsWithStarter: true });
  outsider = await connect({ servers: server.url });
});

afterAll(async () => {
  await outsider.close();
  await server.stop();
  rmSync(dataDir, { recursive: true });
});

/** Two connections to a log that is new because the old stream is deleted. */
async function connectPair() {
  const manager = await jetstreamManager(outsider);
  for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
  const log = await connectLog({ url: server.url });
  const other = await connectLog({ url: server.url });
  return {
    log,
    other,
    [Symbol.asyncDispose]: async () => {
      await log[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

describeLog("JetStreamLog", connectPair);

describe("connectLog()", () => {
  it("makes a stream that keeps every message", async () => {
    await using _pair = await connectPair();
    const manager = await jetstreamManager(outsider);
    const { config } = await manager.streams.info("mr");
    expect(config).toMatchObject({
      subjects: ["mr.>"],
      retention: "limits",
      storage: "file",
      max_age: 0,
      deny_delete: true,
      deny_purge: true,
      allow_direct: true,
      mirror_direct: false,
      num_replicas: 1,
    });
    await expect(manager.streams.purge("mr")).rejects.toThrow(/not permitted/);
  });

  it("refuses a stream that forgets, naming the setting", async () => {
    const manager = await jetstreamManager(outsider);
    await manager.streams.add({
      name: "brief",
      subjects: ["brief.>"],
      max_age: 60_000_000_000,
      allow_direct: true,
      discard: "new",
    });
    await expect(connectLog({ url: server.url, namespace: "brief" })).rejects.toMatchObject({ code: "stream-differs" });
  });

  it("gives a durable that is there the ack_wait of who takes it up, so that both count by the same", async () => {
    await using pair = await connectPair();
    const options = { durable: "mill", filters: ["mr.a"], heldMax: 1, handle: () => Promise.resolve() };
    await using _consumption = await pair.log.consume({ ...options, ackWaitMs: 30_000 });
    await using _again = await pair.other.consume({ ...options, ackWaitMs: 2_000 });
    const { config } = await (await jetstreamManager(outsider)).consumers.info("mr", "mill");
    expect(config.ack_wait).toBe(2_000 * 1_000_000);
  });

  it("refuses a durable's name for other filters", async () => {
    await using pair = await connectPair();
    const options = { durable: "mill", heldMax: 1, handle: () => Promise.resolve() };
    await using _consumption = await pair.log.consume({ ...options, filters: ["mr.b", "mr.a"] });
    await using _again = await pair.other.consume({ ...options, filters: ["mr.a", "mr.b"] });
    await expect(pair.other.consume({ ...options, filters: ["mr.a"] })).rejects.toMatchObject({
      code: "durable-differs",
    });
  });
});

describe("retireDurables()", () => {
  it("deletes a component's drained durables and leaves those in use, undrained or another's", async () => {
    await using pair = await connectPair();
    const consume = (durable: string, filter: string): Promise<Consumption> =>
      pair.log.consume({ durable, filters: [filter], heldMax: 1, handle: acknowledge });
    await (await consume("mill-0a", "mr.a")).drain();
    await (await consume("mill-0b", "mr.b")).drain();
    await (await consume("mill-control-0c", "mr.a")).drain();
    await using _used = await consume("mill-0d", "mr.a");
    await using _kept = await consume("mill-0e", "mr.a");
    await pair.log.append("mr.b", new Uint8Array());
    await until(async () => (await pair.log.retireDurables("mill", ["mill-0e"])).includes("mill-0a"));
    const manager = await jetstreamManager(outsider);
    const names: string[] = [];
    for await (const { name } of manager.consumers.list("mr")) names.push(name);
    expect(names.toSorted((a, b) => a.localeCompare(b))).toEqual(["mill-0b", "mill-0d", "mill-0e", "mill-control-0c"]);
  });
});

async function acknowledge(delivery: Delivery): Promise<void> {
  delivery.ack();
}

/** Asks again until it is so: the server forgets a pull request a moment after its client did. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}
