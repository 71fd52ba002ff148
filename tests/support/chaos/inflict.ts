import { setTimeout as sleep } from "node:timers/promises";
import type { OwnServer } from "../own-server.ts";
import type { Fault } from "./faults.ts";
import { executorOf, isAlive, signal } from "./processes.ts";

/** A process that a fault may hit, by the name of its service and replica. */
export interface Victim {
  readonly name: string;
  readonly pid: number;
}

export interface Ward {
  readonly server: OwnServer;
  /** The services as they run now. */
  readonly services: () => readonly Victim[];
  /** A process is stopped for this long, past its leases, in milliseconds. */
  readonly stoppedMs: number;
  /** nats-server is away for this long, in milliseconds. */
  readonly awayMs: number;
}

/** What was done, in words, and when it is undone. */
export interface Inflicted {
  readonly what: string;
  readonly over: Promise<void>;
}

const done = Promise.resolve();

/** Does what a fault says. @returns undefined if there is no such process now, or nats-server is away already. */
export function inflict({ kind, pick }: Fault, ward: Ward): Inflicted | undefined {
  switch (kind) {
    case "kill-server":
    case "stop-server":
      return ward.server.pid === 0 || ward.server.paused ? undefined : hitServer(kind, ward);
    case "kill-service":
    case "stop-service":
      return hit(
        kind === "kill-service",
        chosen(
          ward.services().filter(({ pid }) => isAlive(pid)),
          pick,
        ),
        ward,
      );
    case "kill-executor":
    case "stop-executor":
      return hit(kind === "kill-executor", chosen(executors(ward.services()), pick), ward);
  }
}

function hit(kills: boolean, victim: Victim | undefined, { stoppedMs }: Ward): Inflicted | undefined {
  if (victim === undefined) return undefined;
  const { name, pid } = victim;
  if (kills) {
    signal(pid, "SIGKILL");
    return { what: `SIGKILL to ${name}, process ${pid}`, over: done };
  }
  signal(pid, "SIGSTOP");
  const over = sleep(stoppedMs).then(() => signal(pid, "SIGCONT"));
  return { what: `SIGSTOP to ${name}, process ${pid}, for ${stoppedMs} ms`, over };
}

function hitServer(kind: "kill-server" | "stop-server", { server, awayMs }: Ward): Inflicted {
  const { pid } = server;
  const name = kind === "kill-server" ? "SIGKILL" : "SIGSTOP";
  return { what: `${name} to nats-server, process ${pid}, for ${awayMs} ms`, over: away(server, name, awayMs) };
}

async function away(server: OwnServer, how: "SIGKILL" | "SIGSTOP", awayMs: number): Promise<void> {
  if (how === "SIGSTOP") {
    server.pause();
    await sleep(awayMs);
    return server.proceed();
  }
  await server.kill();
  await sleep(awayMs);
  await server.startAgain();
}

function executors(services: readonly Victim[]): readonly Victim[] {
  return services.flatMap(({ name, pid }) => {
    const executor = executorOf(pid);
    return executor === undefined ? [] : [{ name: `the executor of ${name}`, pid: executor }];
  });
}

function chosen<T>(from: readonly T[], pick: number): T | undefined {
  return from[Math.floor(pick * from.length)];
}
