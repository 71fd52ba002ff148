import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectLog } from "millrace/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../nats-server/until.ts";
import { type DataDirectory, dataDirectory } from "./data-directory.ts";
import { startHeldStack, stopHeldStack } from "./held-stack.ts";
import { findRunningStack } from "./running-stack.ts";
import type { ServiceSpec } from "./services.ts";
import { type StackOptions, startStack } from "./stack.ts";

let data: DataDirectory;
let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), "millrace-stack-"));
  data = dataDirectory(join(project, ".millrace"));
});

afterEach(async () => {
  await stopHeldStack(data);
  await rm(project, { recursive: true, force: true });
});

const service = (name: string, replicas = 1): ServiceSpec => ({
  name,
  main: fileURLToPath(new URL(`./testdata/${name}-service.ts`, import.meta.url)),
  replicas,
});

describe("startStack()", () => {
  it("starts every replica as a process of its own, and leaves none when it is stopped", async () => {
    const stack = await startStack({ data, services: [service("ready", 3)] });
    expect(stack.services.map(({ name }) => name)).toEqual(["ready", "ready-2", "ready-3"]);
    expect(stack.services.map(({ address }) => address)).toEqual(Array(3).fill("127.0.0.1:1"));
    expect(new Set(stack.services.map(({ pid }) => pid)).size).toBe(3);
    await stack.stop();
    expect(stack.services.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(readFileSync(join(data.logs, "ready-2.log"), "utf8")).toContain(`started with ${stack.natsUrl}`);
  });

  it("says why a service did not start, with its stderr, and stops the others", async () => {
    const started = startStack({ data, services: [service("ready"), service("failing")] });
    await expect(started).rejects.toThrow(
      /Cannot start service "failing": it ended with exit code 3.*\nthe port is taken/s,
    );
    expect(readFileSync(join(data.logs, "ready.log"), "utf8")).toContain("stopped");
  });

  it("reports a service that crashes, with its stderr, and does not start it again", async () => {
    await using stack = await startStack({ data, services: [service("crashing")] });
    const crash = await stack.crashed;
    expect(crash).toMatchObject({ name: "crashing", how: "exit code 1" });
    expect(crash.stderrTail).toMatch(/it broke/);
  });
});

describe("startStack() with restarts", () => {
  it("starts a service again that was killed, and tells its new process", async () => {
    const said: string[] = [];
    let again: readonly number[] = [];
    const restarted: StackOptions["restarted"] = (services) => (again = services.map(({ pid }) => pid));
    const notice = (sentence: string): void => void said.push(sentence);
    await using stack = await startStack({ data, services: [service("ready", 2)], restarted, notice });
    const [one = 0, two = 0] = stack.services.map(({ pid }) => pid);
    process.kill(two, "SIGKILL");
    await until10s(() => (again.length > 0 ? again : undefined), "it was not started again");
    expect(again[0]).toBe(one);
    expect(isAlive(again[1] ?? 0)).toBe(true);
    expect(stack.services[1]?.pid).toBe(again[1]);
    expect(said).toEqual([
      expect.stringMatching(/^Service "ready-2" ended by itself \(signal SIGKILL.*again in 0.5 s$/),
    ]);
  });

  it("waits longer each time if it keeps ending, and stops waiting when it is stopped", async () => {
    const said: string[] = [];
    const notice = (sentence: string): void => void said.push(sentence);
    const stack = await startStack({ data, services: [service("crashing")], restarted: () => {}, notice });
    await until10s(() => said[2], "it was not started three times");
    await stack.stop();
    expect(said.map((sentence) => /in ([\d.]+) s$/.exec(sentence)?.[1])).toEqual(["0.5", "1", "2"]);
  });

  it("starts its nats-server again on the same port and data", async () => {
    await using stack = await startStack({ data, services: [], restarted: () => {} });
    const log = await connectLog({ url: stack.natsUrl });
    try {
      await log.append("mr.a", new Uint8Array(1));
      process.kill(serverPid(), "SIGKILL");
      await expect(log.leaderLastSequence()).rejects.toMatchObject({ code: "log-unavailable" });
      const last = await until(() => log.leaderLastSequence().catch(() => undefined), {
        timeoutMs: 20_000,
        late: () => new Error("nats-server was not started again"),
      });
      expect(last).toBe(1);
    } finally {
      await log[Symbol.asyncDispose]();
    }
  });
});

describe("startHeldStack()", () => {
  it("writes down where a service is that was killed and started again", async () => {
    const running = await startHeldStack({ data, services: [service("ready")] });
    const [killed] = running.services;
    process.kill(killed?.pid ?? 0, "SIGKILL");
    const now = await until(
      async () => {
        const [found] = (await findRunningStack(data))?.services ?? [];
        return found?.pid === killed?.pid ? undefined : found;
      },
      { timeoutMs: 10_000, late: () => new Error("its record was not written anew") },
    );
    expect(isAlive(now?.pid ?? 0)).toBe(true);
  });

  it("holds a stack in the background that others find, and down stops all of it", async () => {
    const running = await startHeldStack({ data, services: [service("ready")] });
    expect(await findRunningStack(data)).toEqual(running);
    await expect(startHeldStack({ data, services: [service("ready")] })).rejects.toThrow(/holds one; stop it with/);
    expect(await stopHeldStack(data)).toEqual(running);
    await untilGone([running.pid, ...running.services.map(({ pid }) => pid)]);
    expect(await findRunningStack(data)).toBeUndefined();
  });

  it("leaves no service running when its holder is killed, and can be started again", async () => {
    const running = await startHeldStack({ data, services: [service("ready")] });
    process.kill(running.pid, "SIGKILL");
    await untilGone(running.services.map(({ pid }) => pid));
    const again = await startHeldStack({ data, services: [service("ready")] });
    expect(again.pid).not.toBe(running.pid);
  });

  it("says what failed when a service does not start", async () => {
    const started = startHeldStack({ data, services: [service("failing")] });
    await expect(started).rejects.toThrow(/Cannot start service "failing"/);
    expect(existsSync(join(data.stack, "stack.json"))).toBe(false);
  });
});

function until10s<T>(ask: () => T | undefined, what: string): Promise<T> {
  return until(async () => ask(), { timeoutMs: 10_000, late: () => new Error(what) });
}

/** nats-server names its ports file after its process. */
function serverPid(): number {
  const file = readdirSync(data.nats).find((name) => name.endsWith(".ports"));
  return Number(/_(\d+)\.ports$/.exec(file ?? "")?.[1]);
}

// A process that ended can be seen until its parent has heard of it.
async function untilGone(pids: readonly number[]): Promise<void> {
  const gone = async () => (pids.some(isAlive) ? undefined : true);
  await until(gone, { timeoutMs: 10_000, late: () => new Error(`Of ${pids.join(", ")} some are still there`) });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
