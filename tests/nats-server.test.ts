import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, OwnServer } from "./support/own-server.ts";
import { Workplace } from "./support/workplace.ts";

/** Longest until a verb gives up, its own start included. */
const givesUpWithinMs = 15_000;

let place: string;

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "millrace-server-"));
});

afterAll(() => rmSync(place, { recursive: true }));

/** Debian's nats-server, which is older than what is needed, unpacked and not installed; or why it can't be had. */
function oldServer(): { readonly binary: string } | { readonly reason: string } {
  const fetched = spawnSync("apt-get", ["download", "nats-server=2.9.*"], { cwd: place, encoding: "utf8" });
  const archive = readdirSync(place).find((name) => name.endsWith(".deb"));
  if (fetched.status !== 0 || archive === undefined)
    return { reason: fetched.error?.message ?? fetched.stderr.trim().split("\n").at(-1) ?? "apt-get gave no package" };
  const unpacked = spawnSync("dpkg-deb", ["-x", archive, "old"], { cwd: place, encoding: "utf8" });
  if (unpacked.status !== 0) return { reason: unpacked.error?.message ?? unpacked.stderr };
  const binary = spawnSync("find", ["old", "-name", "nats-server", "-type", "f", "-perm", "-u+x"], { cwd: place });
  return { binary: join(place, String(binary.stdout).trim()) };
}

describe("a nats-server that can't be used is an error that says what to do", () => {
  it.each([["runs"], ["up"], ["publish penguins data.csv"]])(
    "when MILLRACE_NATS_URL names one that isn't there: millrace %s",
    async (command) => {
      const port = await freePort();
      await using work = new Workplace({ MILLRACE_NATS_URL: `nats://user:secret@127.0.0.1:${port}` });
      writeFileSync(work.path("data.csv"), "a,b\n1,2\n");
      const began = performance.now();
      const { status, stderr, stdout } = await work.millrace(...command.split(" "));
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(performance.now() - began).toBeLessThan(givesUpWithinMs);
      expect(stderr).toContain(`Cannot reach nats-server at 127.0.0.1:${port}`);
      expect(stderr).toMatch(/connection refused.*Start it, or unset MILLRACE_NATS_URL/);
      expect(stderr).not.toContain("secret");
    },
  );

  it("when its port is taken", async () => {
    const port = await freePort();
    const other = createServer().listen(port, "127.0.0.1");
    try {
      await once(other, "listening");
      await using work = new Workplace();
      const { status, stderr } = await work.millrace("up", "--port", String(port));
      expect(status).toBe(1);
      expect(stderr).toContain(`Cannot start nats-server on port ${port}: the port must be free`);
    } finally {
      other.close();
    }
  });

  it("when it is too old", async ({ skip }) => {
    const old = oldServer();
    if ("reason" in old) return skip(`not run: ${old.reason}`);
    await using server = await OwnServer.start(join(place, "streams"), old.binary);
    await using work = new Workplace({ MILLRACE_NATS_URL: server.url });
    const { status, stderr } = await work.millrace("runs");
    expect(status).toBe(1);
    expect(stderr).toMatch(/2\.9\.\d+.*2\.11\.0|2\.11\.0.*2\.9\.\d+/);
  });
});
