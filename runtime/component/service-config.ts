import { resolve } from "node:path";
import { defaultAckWaitMs } from "../log/mod.ts";
import { Terminal } from "../model/mod.ts";
import type { Declaration } from "../pipeline/mod.ts";

/** Settings that every service reads from its environment. */
export interface ServiceConfig {
  readonly natsUrl: string;
  readonly namespace: string;
  /** Location of the artifact store. */
  readonly store: string;
  /** Host and port of the service's own gRPC; port 0 takes a free one. */
  readonly grpcAddress: string;
  /** pino's level. */
  readonly logLevel: string;
  /**
   * Wait for a sign of life of whoever holds a delivery before it goes to another replica, in milliseconds. All
   * services of one log share it: the sweeper of runs counts in it too.
   */
  readonly ackWaitMs: number;
}

/** Settings of a component's agent. */
export interface AgentConfig extends ServiceConfig {
  /** Executions at once. */
  readonly slots: number;
  /** Address of an executor that runs apart; undefined: a child process. */
  readonly executorAddress: string | undefined;
}

const slots = { min: 1, max: 1_024 };
/** Below a second, a busy machine's pauses look like deaths; above an hour, a death is noticed too late. */
const ackWaitMs = { default: defaultAckWaitMs, min: 1_000, max: 3_600_000 };

/** Reads the settings of a service. @throws {Terminal} `bad-setting`, naming the variable. */
export function readServiceConfig(env: NodeJS.ProcessEnv): ServiceConfig {
  return {
    natsUrl: env["MILLRACE_NATS_URL"] ?? "nats://127.0.0.1:4222",
    namespace: env["MILLRACE_NAMESPACE"] ?? "mr",
    store: env["MILLRACE_STORE"] ?? resolve(".millrace/store"),
    grpcAddress: env["MILLRACE_GRPC_ADDRESS"] ?? "127.0.0.1:0",
    logLevel: env["MILLRACE_LOG_LEVEL"] ?? "info",
    ackWaitMs: readCount(env, "MILLRACE_ACK_WAIT_MS", ackWaitMs),
  };
}

/** Reads the settings of an agent; how much it does at once is its component's nature, or its operator's choice. @throws {Terminal} `bad-setting`, naming the variable. */
export function readAgentConfig(env: NodeJS.ProcessEnv, declaration: Pick<Declaration, "slots">): AgentConfig {
  return {
    ...readServiceConfig(env),
    slots: readCount(env, "MILLRACE_SLOTS", { ...slots, default: declaration.slots }),
    executorAddress: env["MILLRACE_EXECUTOR"] || undefined,
  };
}

interface CountRange {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

function readCount(env: NodeJS.ProcessEnv, name: string, range: CountRange): number {
  const text = env[name];
  if (text === undefined || text === "") return range.default;
  const count = Number(text);
  if (Number.isInteger(count) && count >= range.min && count <= range.max) return count;
  throw new Terminal(
    "bad-setting",
    `Cannot use ${name}=${text}: it must be a whole number from ${range.min} to ${range.max}`,
    { field: name },
  );
}
