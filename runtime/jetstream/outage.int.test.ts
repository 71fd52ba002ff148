import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NatsServer, startNatsServer } from "@millrace/local";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appendEvent, newEventId } from "../log/mod.ts";
import { connectLog } from "./jetstream-log.ts";

let dataDir: string;
let server: NatsServer;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "millrace-outage-"));
  server = await startNatsServer({ dataDir, endsWithStarter: true });
});

afterEach(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true });
});

/** Kills the server and, once `meanwhile` is done, starts it again on the same port and data. */
async function outage(meanwhile: () => Promise<unknown>): Promise<void> {
  const port = Number(new URL(server.url).port);
  process.kill(server.pid, "SIGKILL");
  await server.stop();
  await meanwhile();
  server = await startNatsServer({ dataDir, port, endsWithStarter: true });
}

/** A list whose length can be waited for. */
class Arrivals<T> {
  readonly all: T[] = [];
  #wake = Promise.withResolvers<void>();

  add(item: T): void {
    this.all.push(item);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  async count(atLeast: number): Promise<void> {
    while (this.all.length < atLeast) await this.#wake.promise;
  }
}

const nudged = () => ({ id: newEventId(), body: { $case: "nudged" as const, value: { reason: "silent" } } });

describe("JetStreamLog in an outage", () => {
  it("says once that the server is gone and once that it is back", async () => {
    const notices = new Arrivals<string>();
    await using log = await connectLog({ url: server.url, notice: (sentence) => notices.add(sentence) });
    await outage(() => notices.count(1));
    await notices.count(2);
    expect(await log.leaderLastSequence()).toBe(0);
    expect(notices.all).toEqual([expect.stringMatching(/is gone: waiting for it$/), expect.stringMatching(/is back$/)]);
  });

  it("appends an event once that was tried before, during and after it", async () => {
    const notices = new Arrivals<string>();
    await using log = await connectLog({ url: server.url, notice: (sentence) => notices.add(sentence) });
    const appending: Promise<unknown>[] = [];
    const start = (): void => {
      const subject = `mr.chain.${appending.length}`;
      appending.push(appendEvent(log, subject, nudged(), { expectLastSequence: 0 }));
    };
    for (let index = 0; index < 50; index++) start();
    await outage(async () => {
      await notices.count(1);
      start();
    });
    await notices.count(2);
    start();
    const answers = await Promise.all(appending);
    expect(answers.every((answer) => (answer as { kind: string }).kind === "appended")).toBe(true);
    expect(await log.leaderLastSequence()).toBe(52);
  });

  it("goes on consuming and following where it was", async () => {
    await using log = await connectLog({ url: server.url });
    const delivered = new Arrivals<number>();
    await using _consumption = await log.consume({
      durable: "mill",
      filters: ["mr.>"],
      heldMax: 2,
      handle: async (delivery) => {
        delivered.add(delivery.entry.sequence);
        delivery.ack();
      },
    });
    const followed = new Arrivals<number>();
    const stop = new AbortController();
    const following = (async () => {
      for await (const { sequence } of log.follow([], { signal: stop.signal })) followed.add(sequence);
    })();
    for (let index = 0; index < 3; index++) await log.append("mr.a", new Uint8Array());
    await Promise.all([delivered.count(3), followed.count(3)]);
    await outage(async () => {});
    for (let index = 0; index < 3; index++)
      await appendEvent(log, `mr.b.${index}`, nudged(), { expectLastSequence: 0 });
    await Promise.all([delivered.count(6), followed.count(6)]);
    stop.abort();
    await following;
    expect(new Set(delivered.all)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    expect(followed.all).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("reads a whole history through it", async () => {
    await using log = await connectLog({ url: server.url });
    const count = 2_000;
    await Promise.all(Array.from({ length: count }, () => log.append("mr.a", new Uint8Array(64))));
    const sequences: number[] = [];
    for await (const { sequence } of log.read(["mr.a"])) {
      sequences.push(sequence);
      if (sequence === 100) await outage(async () => {});
    }
    expect(sequences).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });
});

describe("connectLog()", () => {
  it("waits for a server that is not there yet, and says so once", async () => {
    const notices = new Arrivals<string>();
    const connecting = Promise.withResolvers<Awaited<ReturnType<typeof connectLog>>>();
    await outage(async () => {
      connectLog({ url: server.url, notice: (sentence) => notices.add(sentence) }).then(
        connecting.resolve,
        connecting.reject,
      );
      await notices.count(1);
    });
    await using log = await connecting.promise;
    expect(await log.leaderLastSequence()).toBe(0);
    expect(notices.all).toEqual([
      expect.stringMatching(/^Waiting for nats-server/),
      expect.stringMatching(/is there$/),
    ]);
  });

  it("stops waiting when told to", async () => {
    await outage(async () => {
      await expect(connectLog({ url: server.url, signal: AbortSignal.timeout(1) })).rejects.toThrow(/abort/);
    });
  });

  it("refuses a server that is too old", async () => {
    await using old = await fakeServer("2.9.10", "PONG");
    const refused = connectLog({ url: old.url });
    await expect(refused).rejects.toMatchObject({ code: "nats-too-old", message: expect.stringContaining("2.9.10") });
  });

  it("does not wait for a server that refuses it, and keeps the password to itself", async () => {
    await using strict = await fakeServer("2.15.1", "-ERR 'Authorization Violation'");
    const url = strict.url.replace("//", "//miller:secret@");
    const error: unknown = await connectLog({ url }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "nats-unauthorized" });
    expect((error as Error).message).not.toContain("secret");
  });
});

/** Something that greets as a nats-server of that version and answers the first PING. */
async function fakeServer(version: string, answer: string): Promise<AsyncDisposable & { readonly url: string }> {
  const info = { server_id: "A", version, jetstream: true, headers: true, max_payload: 1_048_576, proto: 1 };
  const fake = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.on("data", (data) => data.includes("PING") && socket.write(`${answer}\r\n`));
  }).listen(0, "127.0.0.1");
  await once(fake, "listening");
  return {
    url: `nats://127.0.0.1:${(fake.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => void fake.close(),
  };
}
