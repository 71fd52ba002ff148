import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { natsServerBinary } from "./binary.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "millrace-binary-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A program that only says its version, as an installed nats-server would. */
function install(folder: string, version: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "nats-server");
  writeFileSync(path, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  chmodSync(path, 0o755);
  return path;
}

const environment = () => ({ PATH: join(directory, "bin"), XDG_CACHE_HOME: join(directory, "cache") });

describe("natsServerBinary()", () => {
  it("takes the one on the PATH if it is new enough", async () => {
    const path = install(join(directory, "bin"), "2.12.1");
    expect(await natsServerBinary({ env: environment() })).toBe(path);
  });

  it("prefers a cached copy to an installed one that is too old", async () => {
    install(join(directory, "bin"), "2.9.10");
    const cached = install(join(directory, "cache", "millrace", "nats-server", "2.15.1"), "2.15.1");
    expect(await natsServerBinary({ env: environment() })).toBe(cached);
  });

  it("lists every way, and why each failed, when there is none", async () => {
    const old = install(join(directory, "bin"), "2.9.10");
    const error: unknown = await natsServerBinary({ env: environment() }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "nats-server-missing" });
    const { message } = error as Error;
    for (const part of [
      "MILLRACE_NATS_URL",
      `${old} must be at least 2.11.0`,
      "pip is not installed",
      "go is not installed",
    ])
      expect(message).toContain(part);
  });
});
