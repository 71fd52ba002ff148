import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { exportTinyModel } from "millrace/training/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

type Server = ChildProcessByStdio<null, Readable, Readable>;

let directory: string;
let whole: string;
let server: Server | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-serving-test-"));
  whole = await exportTinyModel(join(directory, "model"));
});

afterEach(() => {
  server?.kill("SIGKILL");
  server = undefined;
});

afterAll(() => rm(directory, { recursive: true }));

interface Started {
  readonly url: string;
  /** All that it wrote so far. */
  readonly written: { stdout: string; stderr: string };
  /** Exit code, once it has ended by itself or by a signal that it handled. */
  readonly exit: Promise<number | null>;
}

async function start(environment: Record<string, string>): Promise<Started> {
  const args = ["--conditions=millrace-source", join(import.meta.dirname, "main.ts")];
  const child: Server = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  server = child;
  const exit = once(child, "close").then(([code]) => code as number | null);
  const written = { stdout: "", stderr: "" };
  child.stderr.on("data", (chunk: Buffer) => (written.stderr += chunk.toString()));
  const line = new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      written.stdout += chunk.toString();
      if (written.stdout.includes("\n")) resolve(written.stdout);
    });
  });
  const first = await Promise.race([line, exit.then((code) => `ended with ${code}`)]);
  return { url: first.replace(/^listening (.*)\n/, "$1"), written, exit };
}

/** Pushes the model as a version, all at once. */
async function push(base: string, version: string): Promise<void> {
  const hidden = join(base, "fruits", `.${version}`);
  await cp(whole, hidden, { recursive: true });
  await rename(hidden, join(base, "fruits", version));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

function predict(url: string, version?: string): Promise<Response> {
  const path = version === undefined ? "fruits" : `fruits/versions/${version}`;
  const body = JSON.stringify({ instances: [{ grams: 8, colour: "red" }] });
  return fetch(`${url}/v1/models/${path}:predict`, { method: "POST", body });
}

describe("the model server's process", () => {
  it("listens before there is a model, answers with what is pushed, never stops answering, and ends on SIGTERM", async () => {
    const base = join(directory, "base");
    const { url, written, exit } = await start({ MILLRACE_MODEL_BASE: base, MILLRACE_POLL_MS: "20" });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await until(async () => (await fetch(`${url}/readyz`)).ok);
    expect((await predict(url)).status).toBe(404);

    await push(base, "1");
    await until(async () => (await predict(url)).ok);
    await push(base, "2");
    const statuses = new Set<number>();
    await until(async () => {
      statuses.add((await predict(url)).status);
      return (await predict(url, "2")).ok;
    });
    expect([...statuses]).toEqual([200]);

    server!.kill("SIGTERM");
    expect(await exit).toBe(0);
    expect(written.stdout).toBe(`listening ${url}\n`);
  });

  it("ends with status 1 and says on stderr what is not set", async () => {
    const { exit, written } = await start({ MILLRACE_MODEL_BASE: "" });
    expect(await exit).toBe(1);
    expect(written).toEqual({ stdout: "", stderr: expect.stringContaining("MILLRACE_MODEL_BASE") });
  });
});
