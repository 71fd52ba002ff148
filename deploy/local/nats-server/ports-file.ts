import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Where a nats-server listens, as it writes down itself. */
export interface ServerPorts {
  readonly pid: number;
  /** For clients, for example `nats://127.0.0.1:34143`. */
  readonly url: string;
  /** HTTP monitoring. */
  readonly monitorUrl: string;
}

const namePattern = /^.+_(\d+)\.ports$/;

/**
 * Reads the file that nats-server writes into its data directory once it listens (`ports_file_dir`). Whoever starts
 * a server removes older ones under the directory's lock first, so it speaks of the server that holds the lock.
 * @returns undefined as long as it is not there whole.
 */
export async function readPorts(directory: string): Promise<ServerPorts | undefined> {
  for (const name of await readdir(directory)) {
    const pid = namePattern.exec(name)?.[1];
    if (pid === undefined) continue;
    const ports = parse(await readFile(join(directory, name), "utf8").catch(() => ""));
    const [url] = ports?.nats ?? [];
    const [monitorUrl] = ports?.monitoring ?? [];
    if (url !== undefined && monitorUrl !== undefined) return { pid: Number(pid), url, monitorUrl };
  }
  return undefined;
}

/** Removes what servers that were killed left behind. */
export async function removePorts(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => namePattern.test(name));
  await Promise.all(names.map((name) => rm(join(directory, name), { force: true })));
}

function parse(
  text: string,
): { readonly nats?: readonly string[]; readonly monitoring?: readonly string[] } | undefined {
  try {
    return JSON.parse(text) as { nats?: string[]; monitoring?: string[] };
  } catch {
    return undefined;
  }
}
