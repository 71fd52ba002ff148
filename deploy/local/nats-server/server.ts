import { mkdir } from "node:fs/promises";
import { Retryable } from "millrace/model";
import { type DataLock, tryDataLock } from "./data-lock.ts";
import { failure, launch, type LaunchOptions, runningPorts } from "./launch.ts";
import { type Lease, silent, takeLease } from "./lease.ts";
import { readPorts, type ServerPorts } from "./ports-file.ts";
import { until } from "./until.ts";

/** A nats-server on this machine that this process may use until it lets go. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  /** HTTP monitoring: /healthz, /varz, /connz, /jsz. */
  readonly monitorUrl: string;
  readonly pid: number;
  /** Settles when the server has gone by itself, or was let go of. */
  readonly lost: Promise<void>;
  /** Lets go of the server; the last process to let go stops it and waits for its end. */
  stop(): Promise<void>;
}

/** Longest wait for another process at the gate; it may be building nats-server there. */
const gateTimeoutMs = 900_000;
const answerTimeoutMs = 10_000;
const stopTimeoutMs = 20_000;

/**
 * Starts a nats-server with JetStream on a data directory, or shares the one that runs there: several processes may
 * call this at once, and one server serves them all until the last of them stops it. It outlives a starter that is
 * killed, and then serves the next caller.
 * @throws {Terminal} `nats-server-missing`; `port-taken`; `nats-server-failed` with the end of its log.
 */
export async function startNatsServer(options: LaunchOptions): Promise<NatsServer> {
  await mkdir(options.dataDir, { recursive: true });
  const gate = await passGate(options.dataDir);
  try {
    const lock = await tryDataLock(options.dataDir, "server");
    const ports = lock === undefined ? await runningPorts(options.dataDir) : await launch(options, lock);
    return new LocalServer(options.dataDir, ports, await takeLease(ports));
  } finally {
    gate.release();
  }
}

class LocalServer implements NatsServer {
  readonly url: string;
  readonly monitorUrl: string;
  readonly pid: number;
  readonly lost: Promise<void>;
  readonly #dataDir: string;
  #lease: Lease | undefined;

  constructor(dataDir: string, ports: ServerPorts, lease: Lease) {
    this.url = ports.url;
    this.monitorUrl = ports.monitorUrl;
    this.pid = ports.pid;
    this.#dataDir = dataDir;
    this.lost = lease.lost;
    this.#lease = lease;
  }

  async stop(): Promise<void> {
    const lease = this.#lease;
    if (lease === undefined) return;
    this.#lease = undefined;
    const gate = await passGate(this.#dataDir);
    try {
      lease.end();
      const others = await until(async () => ((await this.#isGone()) ? "gone" : await lease.others()), {
        timeoutMs: answerTimeoutMs,
        late: () => silent(this),
      });
      if (others === 0) await terminate(this.#dataDir, this.pid);
    } finally {
      gate.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Whether this server has ended by itself; another may run in its place. */
  async #isGone(): Promise<boolean> {
    return (await isFree(this.#dataDir)) || (await readPorts(this.#dataDir))?.pid !== this.pid;
  }
}

/** Only one process at a time decides whether a server is started, shared or stopped. */
function passGate(dataDir: string): Promise<DataLock> {
  return until(() => tryDataLock(dataDir, "gate"), {
    timeoutMs: gateTimeoutMs,
    late: () =>
      new Retryable("nats-server-busy", `Cannot start nats-server on ${dataDir}: another process is starting it`),
  });
}

async function terminate(dataDir: string, pid: number): Promise<void> {
  signal(pid, "SIGTERM");
  const free = async () => ((await isFree(dataDir)) ? true : undefined);
  await until(free, { timeoutMs: stopTimeoutMs, late: () => failure(dataDir, "it did not stop") }).catch(async () => {
    signal(pid, "SIGKILL");
    await until(free, { timeoutMs: stopTimeoutMs, late: () => failure(dataDir, "it cannot be killed") });
  });
}

/** Whether no server runs on the directory; asked behind the gate, so that none can be starting. */
async function isFree(dataDir: string): Promise<boolean> {
  const lock = await tryDataLock(dataDir, "server");
  lock?.release();
  return lock !== undefined;
}

/** A process that has ended by itself needs no signal. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
