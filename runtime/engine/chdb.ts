import type { ClickHouseClient, ClickHouseClientConfigOptions } from "@clickhouse/client";
import { isMainThread } from "node:worker_threads";
import { Terminal } from "../model/mod.ts";
import { makePrivateDirectory } from "./private-directory.ts";
import { baseSettings, settingText } from "./settings.ts";

/** A client and how to let it go. */
export interface Connection {
  readonly client: ClickHouseClient;
  readonly version: string;
  close(): Promise<void>;
}

type ChdbClientConnection = NonNullable<ClickHouseClientConfigOptions["connection"]>;

/** chDB binds one data directory a process, so all engines of a process share one connection. */
let shared: Promise<Connection> | undefined;
/** Engines that are open or being opened. */
let users = 0;
/** The last connection's close: the next may open another directory only after it. */
let closed: Promise<void> = Promise.resolve();

/**
 * Connects to chDB in this process; the first user opens it, the last one closes it.
 * @throws {Terminal} `engine-in-worker-thread`: chDB ends the process when a worker thread that loaded it exits.
 */
export async function connectChdb(dataDir?: string): Promise<Connection> {
  if (!isMainThread) {
    throw new Terminal("engine-in-worker-thread", "Cannot open chDB in a worker thread: open it in the main thread");
  }
  users += 1;
  shared ??= closed.then(() => openChdb(dataDir));
  try {
    const { client, version } = await shared;
    return { client, version, close: release };
  } catch (error) {
    users -= 1;
    shared = undefined;
    throw error;
  }
}

async function release(): Promise<void> {
  users -= 1;
  if (users > 0 || shared === undefined) return;
  const connection = await shared;
  // Meanwhile someone may have come for it, or closed it.
  if (users > 0 || shared === undefined) return;
  shared = undefined;
  closed = connection.close();
  await closed;
}

async function openChdb(dataDir: string | undefined): Promise<Connection> {
  const [{ ClickHouseLogLevel, createClient }, { createChdbConnection }, { drainPending }] = await Promise.all([
    import("@clickhouse/client"),
    import("chdb/connection"),
    import("chdb"),
  ]);
  const directory = makePrivateDirectory(dataDir);
  // chDB's types come from client-common, of which the client has its own copy: one contract, two declarations.
  const connection = createChdbConnection({ path: directory.path }) as unknown as ChdbClientConnection;
  const client = createClient({ connection, log: { level: ClickHouseLogLevel.OFF } });
  // A connection keeps what SET gave it, which here is what is wanted.
  const set = Object.entries(baseSettings).map(([name, value]) => `${name} = ${settingText(value)}`);
  await client.command({ query: `SET ${set.join(", ")}` });
  const close = async () => {
    await client.close();
    await drainPending();
    directory.remove();
  };
  return { client, version: `chdb ${await versionOf(client)}`, close };
}

/** The engine's own version, for example "26.7.2.1". */
export async function versionOf(client: ClickHouseClient): Promise<string> {
  const answer = await client.query({ query: "SELECT version() AS version", format: "JSONEachRow" });
  const [row] = await answer.json<{ version: string }>();
  return row?.version ?? "unknown";
}
