import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNatsServer } from "@millrace/local";

/** What a bench works on: its own server and an empty directory, gone when it ends. */
export interface Workplace extends AsyncDisposable {
  readonly natsUrl: string;
  readonly directory: string;
}

/**
 * Makes a workplace. Neither server nor store waits for the disk, so that figures are of the code and not of the disk;
 * with MILLRACE_NATS_SYNC and MILLRACE_STORE_SYNC set they do as these say.
 */
export async function makeWorkplace(): Promise<Workplace> {
  process.env["MILLRACE_STORE_SYNC"] ??= "never";
  const directory = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const server = await startNatsServer({ dataDir: join(directory, "nats"), endsWithStarter: true });
  return {
    natsUrl: server.url,
    directory,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
