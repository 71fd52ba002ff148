import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { notRun } from "../support/not-run.ts";
import { OwnServer } from "../support/own-server.ts";
import { toolCache } from "../support/tool-cache.ts";
import { Workplace } from "../support/workplace.ts";

/** Debian's nats-server, which is older than what is needed, unpacked and not installed; or why it can't be had. */
function oldServer(): { readonly binary: string } | { readonly reason: string } {
  const cwd = toolCache("nats-server-2.9");
  const binary = join(cwd, "old/usr/sbin/nats-server");
  if (existsSync(binary)) return { binary };
  const fetched = spawnSync("apt-get", ["download", "nats-server=2.9.*"], { cwd, encoding: "utf8" });
  const archive = readdirSync(cwd).find((name) => name.endsWith(".deb"));
  if (fetched.status !== 0 || archive === undefined)
    return { reason: fetched.error?.message ?? fetched.stderr.trim().split("\n").at(-1) ?? "apt-get gave no package" };
  const unpacked = spawnSync("dpkg-deb", ["-x", archive, "old"], { cwd, encoding: "utf8" });
  if (unpacked.status !== 0) return { reason: unpacked.error?.message ?? unpacked.stderr };
  return existsSync(binary) ? { binary } : { reason: `${archive} holds no ${binary}` };
}

it("a nats-server that is too old is refused with both versions", async (context) => {
  const old = oldServer();
  if ("reason" in old) return notRun(context, old.reason);
  const place = mkdtempSync(join(tmpdir(), "millrace-old-server-"));
  try {
    await using server = await OwnServer.start(place, old.binary);
    await using work = new Workplace({ MILLRACE_NATS_URL: server.url });
    const { status, stderr } = await work.millrace("runs");
    expect(status).toBe(1);
    expect(stderr).toMatch(/2\.9\.\d+.*2\.11\.0|2\.11\.0.*2\.9\.\d+/);
  } finally {
    rmSync(place, { recursive: true });
  }
});
