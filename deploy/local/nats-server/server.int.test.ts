import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tryDataLock } from "./data-lock.ts";
import { startNatsServer } from "./server.ts";
import { until } from "./until.ts";
import { useNatsServer } from "./use.ts";

let dataDir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "millrace-nats-"));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await until(free, { timeoutMs: 20_000, late: () => new Error("a server was left running") });
  rmSync(dataDir, { recursive: true });
});

async function free(): Promise<true | undefined> {
  const lock = await tryDataLock(dataDir, "server");
  lock?.release();
  return lock === undefined ? undefined : true;
}

/** A process that uses the server and says where it is; it lets go when its stdin ends. */
async function startUser(endsWithStarter = false): Promise<{ child: ChildProcess; url: string; pid: number }> {
  const script = `
    const { startNatsServer } = await import(${JSON.stringify(import.meta.resolve("./server.ts"))});
    const server = await startNatsServer({ dataDir: ${JSON.stringify(dataDir)}, endsWithStarter: ${endsWithStarter} });
    console.log(JSON.stringify({ url: server.url, pid: server.pid }));
    process.stdin.resume().on("end", () => server.stop());`;
  const flags = ["--conditions=millrace-source", "--input-type=module", "-e", script];
  const child = spawn(process.execPath, flags, { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, ...(JSON.parse(line) as { url: string; pid: number }) };
}

async function letGo(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  await once(child, "exit");
}

async function serves(url: string): Promise<boolean> {
  const connection = await connect({ servers: url, reconnect: false }).catch(() => undefined);
  await connection?.close();
  return connection !== undefined;
}

describe("startNatsServer()", () => {
  it("starts a server with JetStream on a free loopback port and stops it", async () => {
    const server = await startNatsServer({ dataDir });
    const connection = await connect({ servers: server.url });
    expect(connection.info?.jetstream).toBe(true);
    await connection.close();
    await server.stop();
    expect(await serves(server.url)).toBe(false);
  });

  it("gives concurrent processes the same server, which the last one stops", async () => {
    const users = await Promise.all([startUser(), startUser(), startUser(), startUser()]);
    expect(new Set(users.map(({ pid }) => pid)).size).toBe(1);
    const [last, ...others] = users;
    for (const { child } of others) await letGo(child);
    expect(await serves(last.url)).toBe(true);
    await letGo(last.child);
    expect(await serves(last.url)).toBe(false);
  });

  it("shares the server of a starter that was killed, and then stops it", async () => {
    const starter = await startUser();
    starter.child.kill("SIGKILL");
    await once(starter.child, "exit");
    const server = await startNatsServer({ dataDir });
    expect(server.pid).toBe(starter.pid);
    await server.stop();
    expect(await serves(server.url)).toBe(false);
  });

  it("ends with its starter, even a killed one, where that is asked for", async () => {
    const starter = await startUser(true);
    starter.child.kill("SIGKILL");
    await until(free, { timeoutMs: 20_000, late: () => new Error("the server outlived its starter") });
    expect(await serves(starter.url)).toBe(false);
  });

  it("starts a new server when the old one was killed", async () => {
    const old = await startNatsServer({ dataDir });
    process.kill(old.pid, "SIGKILL");
    await until(free, { timeoutMs: 20_000, late: () => new Error("the killed server still holds the lock") });
    const server = await startNatsServer({ dataDir });
    expect(server.pid).not.toBe(old.pid);
    await old.stop();
    expect(await serves(server.url)).toBe(true);
    await server.stop();
  });

  it("says that a port is taken", async () => {
    const stranger = createServer().listen(0, "127.0.0.1");
    await once(stranger, "listening");
    const address = stranger.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(startNatsServer({ dataDir, port })).rejects.toMatchObject({ code: "port-taken" });
    stranger.close();
  });
});

describe("useNatsServer()", () => {
  it("starts nothing when MILLRACE_NATS_URL names a server", async () => {
    const server = await useNatsServer({ dataDir, env: { MILLRACE_NATS_URL: "nats://example:4222" } });
    expect(server.url).toBe("nats://example:4222");
    await server.stop();
    expect(await free()).toBe(true);
  });
});
