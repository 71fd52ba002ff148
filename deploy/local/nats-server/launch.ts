import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Terminal } from "millrace/model";
import { type BinaryOptions, natsServerBinary } from "./binary.ts";
import type { DataLock } from "./data-lock.ts";
import { readPorts, removePorts, type ServerPorts } from "./ports-file.ts";
import { syncIntervalOf, type SyncOptions } from "./sync-interval.ts";
import { until } from "./until.ts";

export interface LaunchOptions extends BinaryOptions, SyncOptions {
  /** Where its streams, configuration and log are; made if absent. One server at a time runs on it. */
  readonly dataDir: string;
  /** Port for clients on the loopback interface; 0 (the default) takes a free one. A server that runs keeps its own. */
  readonly port?: number;
  /** The server ends with this process however that ends, as for a test or a bench; default: it outlives a kill. */
  readonly endsWithStarter?: boolean;
}

/** Longest wait for a server to read its streams and listen. */
const readyTimeoutMs = 120_000;
const logTailBytes = 2_048;

/**
 * Starts a server with the lock among its open files, so that the lock lives exactly as long as the server, and waits
 * until it listens. This process's own hold on the lock is released, whatever happens.
 * @throws {Terminal} `port-taken`; `nats-server-failed` with the end of its log.
 */
export async function launch(options: LaunchOptions, lock: DataLock): Promise<ServerPorts> {
  const { dataDir } = options;
  try {
    const binary = await natsServerBinary(options);
    await removePorts(dataDir);
    const config = join(dataDir, "nats-server.json");
    writeFileSync(config, JSON.stringify(configOf(options), undefined, 2));
    const log = openSync(logPath(dataDir), "w");
    const child = spawn(binary, ["-c", config], { stdio: ["ignore", log, log, lock.fd], detached: true });
    closeSync(log);
    child.unref();
    if (options.endsWithStarter === true) endWithThisProcess(child);
    let ended: string | undefined;
    child.once("error", (error) => (ended = error.message));
    child.once("exit", (code, signal) => (ended = `it ended with ${signal ?? `status ${code}`}`));
    return await until(
      async () => {
        if (ended !== undefined) throw await failure(dataDir, ended, options.port);
        return await readPorts(dataDir);
      },
      { timeoutMs: readyTimeoutMs, late: () => failure(dataDir, "it did not get ready") },
    );
  } finally {
    lock.release();
  }
}

/** A shell that reads from this process until it is gone, and then ends the server; it goes when the server does. */
function endWithThisProcess(server: ChildProcess): void {
  const script = 'read -r line; kill "$0"';
  const guard = spawn("sh", ["-c", script, String(server.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.unref();
  server.once("exit", () => guard.kill());
}

/** JSON is a nats-server configuration too. Loopback only: a server for this machine has no passwords. */
function configOf(options: LaunchOptions): object {
  const { dataDir, port = 0 } = options;
  return {
    host: "127.0.0.1",
    port: port === 0 ? -1 : port,
    http: "127.0.0.1:-1",
    ports_file_dir: dataDir,
    jetstream: { store_dir: dataDir, sync_interval: syncIntervalOf(options) },
  };
}

/** Where the server listens that holds the lock; it may still be starting if its starter was killed. */
export function runningPorts(dataDir: string): Promise<ServerPorts> {
  return until(() => readPorts(dataDir), {
    timeoutMs: readyTimeoutMs,
    late: () => failure(dataDir, "it did not get ready"),
  });
}

/** An error that bears the end of the server's log. */
export async function failure(dataDir: string, what: string, port?: number): Promise<Terminal> {
  const log = await readFile(logPath(dataDir), "utf8").catch(() => "");
  const detail = log.slice(-logTailBytes);
  if (log.includes("address already in use")) {
    const message = `Cannot start nats-server on port ${port ?? 0}: the port must be free: another program listens there`;
    return new Terminal("port-taken", message, { detail });
  }
  return new Terminal(
    "nats-server-failed",
    `Cannot start nats-server on ${dataDir}: ${what}. Its log ends:\n${detail}`,
    {
      detail,
    },
  );
}

function logPath(dataDir: string): string {
  return join(dataDir, "nats-server.log");
}
