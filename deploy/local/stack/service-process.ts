import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Terminal } from "millrace/model";
import { moduleOptions, modulePath } from "./module-path.ts";
import { stderrTail } from "./stderr-tail.ts";

/** Longest from start to the line that says a service listens, in milliseconds. */
const startTimeoutMs = 30_000;
/** Longest from SIGTERM to the end; then SIGKILL, in milliseconds. */
const stopTimeoutMs = 5_000;
/** What a service may write to stdout before that line, in characters. */
const preambleMax = 65_536;

export interface ServiceStart {
  /** Name of the process: the service's, with a number for its second and later replicas. */
  readonly name: string;
  readonly main: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Directory in which `<name>.log` gets what it writes. */
  readonly logs: string;
}

/** How a process ended without being asked to. */
export interface Crash {
  readonly name: string;
  /** Exit code or signal, for people. */
  readonly how: string;
  readonly stderrTail: string;
  readonly log: string;
}

export interface ServiceProcess {
  readonly name: string;
  readonly pid: number;
  /** Where it serves, as it said. */
  readonly address: string;
  /** Settles if it ends before `stop` is called. */
  readonly crashed: Promise<Crash>;
  /** SIGTERM, then SIGKILL after a bound; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a service and waits until it says `listening <address>` on stdout: from then on its consumers exist.
 * @throws {Terminal} `service-start` with the end of its stderr: it ended first, or said nothing in time.
 */
export async function startService(start: ServiceStart): Promise<ServiceProcess> {
  const { name, env, cwd } = start;
  const log = join(start.logs, `${name}.log`);
  const watch = `--import=${pathToFileURL(modulePath("parent-watch")).href}`;
  const child = spawn(process.execPath, [...moduleOptions(), watch, start.main], {
    cwd,
    env,
    stdio: "pipe",
    // In a group of its own, so that Ctrl-C reaches only who stops the services in order.
    detached: true,
  });
  const tail = keepOutput(child, log);
  const ended = endOf(child);
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
    await ended;
    clearTimeout(timer);
  };
  const ready = await readiness(child, ended);
  if (ready.kind === "failed") {
    await stop();
    throw new Terminal("service-start", startMessage(name, ready.how, log, tail()), { detail: tail() });
  }
  const crashed = new Promise<Crash>((resolve) => {
    child.once("close", () => {
      if (!stopping) void ended.then((how) => resolve({ name, how, stderrTail: tail(), log }));
    });
  });
  return { name, pid: child.pid ?? 0, address: ready.address, crashed, stop };
}

/** Writes what the process writes to its log, and keeps the end of its stderr. */
function keepOutput(child: ChildProcess, log: string): () => string {
  const file = createWriteStream(log, { flags: "a" });
  const tail = stderrTail();
  child.stdout?.pipe(file, { end: false });
  child.stderr?.pipe(file, { end: false });
  child.stderr?.on("data", (piece: Buffer) => tail.add(piece));
  child.once("close", () => file.end());
  return () => tail.text();
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
}

type Readiness =
  | { readonly kind: "ready"; readonly address: string }
  | { readonly kind: "failed"; readonly how: string };

function readiness(child: ChildProcess, ended: Promise<string>): Promise<Readiness> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => fail(`it did not say "listening …" within ${startTimeoutMs / 1000} s`),
      startTimeoutMs,
    );
    const settle = (value: Readiness): void => {
      clearTimeout(timer);
      child.stdout?.off("data", read);
      resolve(value);
    };
    const fail = (how: string): void => settle({ kind: "failed", how });
    let said = "";
    const read = (piece: Buffer): void => {
      said = (said + piece.toString("utf8")).slice(-preambleMax);
      const address = /^listening (\S+)\r?\n/m.exec(said)?.[1];
      if (address !== undefined) settle({ kind: "ready", address });
    };
    child.stdout?.on("data", read);
    void ended.then((how) => fail(`it ended with ${how}`));
  });
}

function startMessage(name: string, how: string, log: string, tail: string): string {
  const shown = tail === "" ? "It wrote nothing to stderr" : `Its stderr ends:\n${tail}`;
  return `Cannot start service "${name}": ${how}. ${shown}\nLog: ${log}`;
}
