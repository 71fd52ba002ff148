import { once } from "node:events";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tryDataLock } from "./data-lock.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "millrace-lock-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const idle = "setInterval(() => {}, 1000)";

describe("tryDataLock()", () => {
  it("gives the lock to one holder at a time", async () => {
    const first = await tryDataLock(directory, "server");
    expect(await tryDataLock(directory, "server")).toBeUndefined();
    first?.release();
    const second = await tryDataLock(directory, "server");
    expect(second).toBeDefined();
    second?.release();
  });

  it("keeps the lock for a child that inherited it, until SIGKILL ends the child", async () => {
    const lock = await tryDataLock(directory, "server");
    if (lock === undefined) throw new Error("the lock of a new directory is free");
    const child = spawn(process.execPath, ["-e", idle], { stdio: ["ignore", "ignore", "ignore", lock.fd] });
    await once(child, "spawn");
    lock.release();
    expect(await tryDataLock(directory, "server")).toBeUndefined();
    child.kill("SIGKILL");
    await once(child, "exit");
    const next = await tryDataLock(directory, "server");
    expect(next).toBeDefined();
    next?.release();
  });

  it("tells a directory's locks, and two directories, apart", async () => {
    const other = mkdtempSync(join(tmpdir(), "millrace-lock-"));
    const locks = [
      await tryDataLock(directory, "server"),
      await tryDataLock(directory, "gate"),
      await tryDataLock(other, "server"),
    ];
    expect(locks.every((lock) => lock !== undefined)).toBe(true);
    for (const lock of locks) lock?.release();
    rmSync(other, { recursive: true });
  });
});
