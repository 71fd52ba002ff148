import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publishVersion } from "./publish-version.ts";

const files = 40;
const versions = 25;

let directory: string;
let poller: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-publish-"));
  await mkdir(join(directory, "source/assets"), { recursive: true });
  await mkdir(join(directory, "served"));
  for (let file = 0; file < files; file += 1) {
    await writeFile(join(directory, `source/assets/part-${file}`), Buffer.alloc(64 * 1024, file));
  }
});

afterEach(async () => {
  poller?.kill();
  await rm(directory, { recursive: true });
});

/** A server's view: reads every version the moment it is there, and writes down each that isn't whole. */
const pollerProgram = `
  const { readdirSync, readFileSync } = require("node:fs");
  const [served, last] = process.argv.slice(1);
  const seen = new Map();
  process.stdout.write("ready\\n");
  while (!seen.has(last)) {
    for (const version of readdirSync(served).filter((name) => /^[0-9]+$/.test(name) && !seen.has(name))) {
      const parts = (() => { try { return readdirSync(served + "/" + version + "/assets"); } catch { return []; } })();
      const whole = parts.filter((part) => readFileSync(served + "/" + version + "/assets/" + part).length === 65536);
      seen.set(version, whole.length);
    }
  }
  process.stdout.write(JSON.stringify([...seen.values()]));`;

describe("publishVersion()", () => {
  it("never shows a polling server half a version", async () => {
    const served = join(directory, "served");
    const child = spawn(process.execPath, ["-e", pollerProgram, served, String(versions)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    poller = child;
    const output = text(child.stdout);
    await once(child.stdout, "data");
    for (let version = 1; version <= versions; version += 1) {
      await publishVersion(join(directory, "source"), served, String(version));
    }
    const counts = JSON.parse((await output).split("\n")[1] ?? "[]") as number[];
    expect(counts.length).toBeGreaterThan(0);
    expect(counts.filter((count) => count !== files)).toEqual([]);
  });

  it("lets two attempts at the same version both end with it whole", async () => {
    const served = join(directory, "served");
    const attempts = await Promise.allSettled(
      [1, 2, 3].map(() => publishVersion(join(directory, "source"), served, "7")),
    );
    const done = attempts.filter((attempt) => attempt.status === "fulfilled");
    expect(done.length).toBeGreaterThan(0);
    for (const attempt of attempts) {
      if (attempt.status === "rejected") expect(attempt.reason).toMatchObject({ class: "retryable" });
    }
    expect(await publishVersion(join(directory, "source"), served, "7")).toMatchObject({ adopted: true });
  });
});
