import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NatsServer, startNatsServer } from "@millrace/local";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LogEntry, type ReadRange, subjectsOf } from "../log/mod.ts";
import { findRun, foldRuns, KeptRunIndex, listRuns } from "../projections/mod.ts";
import { historyRun, writeHistories } from "../testing/history/write-histories.ts";
import { connectLog, type JetStreamLog } from "./jetstream-log.ts";

const runs = 120;
const nowMs = 9_000_000_000_000;
const subjects = subjectsOf("mr");

let dataDir: string;
let server: NatsServer;
let outsider: NatsConnection;
let log: JetStreamLog;
let last: number;
/** Consumers that anyone made on the server. */
let consumersMade = 0;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "millrace-long-"));
  server = await startNatsServer({ dataDir, endsWithStarter: true });
  await open();
  await writeHistories(log, runs);
  last = await log.leaderLastSequence();
});

afterAll(async () => {
  await close();
  await server.stop();
  rmSync(dataDir, { recursive: true });
});

async function open(): Promise<void> {
  outsider = await connect({ servers: server.url });
  outsider.subscribe("$JS.API.CONSUMER.CREATE.>", { callback: () => void (consumersMade += 1) });
  await outsider.flush();
  log = await connectLog({ url: server.url });
}

async function close(): Promise<void> {
  await log[Symbol.asyncDispose]();
  await outsider.close();
}

async function sequences(filters: readonly string[], range: ReadRange = {}): Promise<number[]> {
  const read: LogEntry[] = [];
  for await (const entry of log.read(filters, range)) read.push(entry);
  return read.map(({ sequence }) => sequence);
}

/** How many consumers the server made for it. */
async function consumersFor(work: () => Promise<unknown>): Promise<number> {
  await outsider.flush();
  const before = consumersMade;
  await work();
  await outsider.flush();
  return consumersMade - before;
}

describe("a long log on a server", () => {
  it("gives one run whole without a consumer, if told where it is, and the same with one", async () => {
    for (const index of [0, 6, 7, runs / 2, runs - 1]) {
      const { pipeline, run, sequence } = await findRun(log, historyRun(index));
      const filters = [subjects.filters.run(pipeline, run)];
      const whole = await sequences(filters);
      expect(whole.length).toBeGreaterThan(1);
      expect(await consumersFor(() => sequences(filters))).toBe(1);
      expect(await consumersFor(async () => expect(await sequences(filters, { near: sequence })).toEqual(whole))).toBe(
        0,
      );
      expect(await sequences(filters, { near: whole.at(-1) ?? 0 })).toEqual(whole);
    }
  });

  it("gives what several filters match, in order", async () => {
    const { started, outcomes, journals } = subjects.filters;
    const each = [await sequences([started]), await sequences([outcomes]), await sequences([journals])];
    const all = each.flat().toSorted((a, b) => a - b);
    expect(await sequences([started, outcomes, journals])).toEqual(all);
    const part = all.filter((sequence) => sequence >= 700 && sequence <= 900);
    expect(await sequences([started, outcomes, journals], { from: 700, to: 900 })).toEqual(part);
    expect(await sequences([started], { from: 700, to: 900 })).toEqual(part.filter((at) => each[0]?.includes(at)));
  });

  it("keeps its index of runs over a restart of the server, and reads no history for a run it knows", async () => {
    const directory = join(dataDir, "kept");
    const list = (await new KeptRunIndex(log, directory).at(last)).list(last, nowMs);
    expect(list).toHaveLength(runs);
    const port = Number(new URL(server.url).port);
    await close();
    await server.stop();
    server = await startNatsServer({ dataDir, port, endsWithStarter: true });
    await open();
    const kept = new KeptRunIndex(log, directory);
    const read = consumersFor(async () => {
      expect(await listRuns(log, nowMs, { to: last, kept })).toEqual(list);
      for (const name of ["latest", historyRun(5), historyRun(5).slice(0, 8)])
        await findRun(log, name, { to: last, kept });
    });
    expect(await read).toBe(0);
    expect((await foldRuns(log)).size).toBe(runs);
  });
});
