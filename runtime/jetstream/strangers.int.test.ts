import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NatsServer, startNatsServer } from "@millrace/local";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectLog, type JetStreamLog } from "./jetstream-log.ts";

let dataDir: string;
let server: NatsServer;
let stranger: NatsConnection;
let log: JetStreamLog;
let round = 0;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "millrace-strangers-"));
  server = await startNatsServer({ dataDir, endsWithStarter: true });
  stranger = await connect({ servers: server.url });
});

beforeEach(async () => {
  log = await connectLog({ url: server.url, namespace: `mr${round++}` });
  return () => log[Symbol.asyncDispose]();
});

afterAll(async () => {
  await stranger.close();
  await server.stop();
  rmSync(dataDir, { recursive: true });
});

/** Publishes as any client of the server may. @returns its sequence. */
async function publish(subject: string, written: Readonly<Record<string, readonly string[]>>): Promise<number> {
  const meta = headers();
  for (const [name, values] of Object.entries(written)) for (const value of values) meta.append(name, value);
  const answer = await stranger.request(`${log.namespace}.${subject}`, "theirs", { headers: meta, timeout: 10_000 });
  return answer.json<{ seq: number }>().seq;
}

describe("a stranger's message", () => {
  it("is read as what it is, though its headers pass it off as another subject's", async () => {
    const ours = `${log.namespace}.ours`;
    await log.append(ours, new Uint8Array([1]), { expectLastSequence: 0 });
    const forged = { "Nats-Subject": [ours], "Nats-Sequence": ["1"], "Nats-Num-Pending": ["9"] };
    const theirs = await publish("theirs", { ...forged, "Nats-Time-Stamp": ["1970-01-01T00:00:00Z"] });
    const { entries, upTo } = await log.lastOf([`${log.namespace}.theirs`, ours]);
    expect([...entries.values()].map(({ subject, sequence }) => [subject, sequence])).toEqual([
      [ours, 1],
      [`${log.namespace}.theirs`, theirs],
    ]);
    expect([...(entries.get(ours)?.data ?? [])]).toEqual([1]);
    expect(entries.get(`${log.namespace}.theirs`)?.timeMs).toBeGreaterThan(0);
    expect(upTo).toBe(theirs);
  });

  it.each([
    ["nothing", {}],
    ["two things", { "Nats-Expected-Last-Subject-Sequence": ["0", "7"] }],
    [
      "something of another subject",
      {
        "Nats-Expected-Last-Subject-Sequence": ["0"],
        "Nats-Expected-Last-Subject-Sequence-Subject": ["elsewhere"],
      },
    ],
  ])("that expects %s is not taken for one whose expectation was checked", async (_what, written) => {
    const named = Object.entries(written).map(([name, values]): [string, readonly string[]] => [
      name,
      name.endsWith("-Subject") ? [`${log.namespace}.elsewhere`] : values,
    ]);
    await publish("chain", Object.fromEntries(named));
    const subject = `${log.namespace}.chain`;
    const read = [await log.leaderLastOf(subject), (await log.lastOf([subject])).entries.get(subject)];
    for await (const entry of log.read([subject])) read.push(entry);
    expect(read.map((entry) => [entry?.sequence, entry?.expected])).toEqual([1, 2, 3].map(() => [1, undefined]));
  });
});
