import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A child process that answers ClickHouse's HTTP protocol from chDB. */
export interface HttpFront extends AsyncDisposable {
  readonly url: string;
}

/** Starts a front on a free loopback port, with a data directory of its own. */
export async function startHttpFront(): Promise<HttpFront> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-http-front-"));
  const main = join(import.meta.dirname, "http-front.fixture.ts");
  const child = spawn(process.execPath, [main, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  return {
    url: `http://127.0.0.1:${port.toString().trim()}/default`,
    async [Symbol.asyncDispose]() {
      const exit = once(child, "exit");
      child.kill();
      await exit;
      rmSync(folder, { recursive: true });
    },
  };
}
