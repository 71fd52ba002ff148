import { resolve } from "node:path";
import { Terminal } from "../model/mod.ts";

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
}

/** Settings of a component's agent. */
export interface AgentConfig extends ServiceConfig {
  /** Executions at once. */
  readonly slots: number;
  /** Address of an executor that runs apart; undefined: a child process. */
  readonly executorAddress: string | undefined;
}

const slotsDefault = 4;
const slotsMax = 1_024;

/** Reads the settings of a service. @throws {Terminal} `bad-setting`, naming the variable. */
export function readServiceConfig(env: NodeJS.ProcessEnv): ServiceConfig {
  return {
    natsUrl: env["MILLRACE_NATS_URL"] ?? "nats://127.0.0.1:4222",
    namespace: env["MILLRACE_NAMESPACE"] ?? "mr",
    store: env["MILLRACE_STORE"] ?? resolve(".millrace/store"),
    grpcAddress: env["MILLRACE_GRPC_ADDRESS"] ?? "127.0.0.1:0",
    logLevel: env["MILLRACE_LOG_LEVEL"] ?? "info",
  };
}

/** Reads the settings of an agent. @throws {Terminal} `bad-setting`, naming the variable. */
export function readAgentConfig(env: NodeJS.ProcessEnv): AgentConfig {
  const slots = env["MILLRACE_SLOTS"] === undefined ? slotsDefault : Number(env["MILLRACE_SLOTS"]);
  if (!Number.isInteger(slots) || slots < 1 || slots > slotsMax)
    throw new Terminal(
      "bad-setting",
      `Cannot use MILLRACE_SLOTS=${env["MILLRACE_SLOTS"]}: it must be a whole number from 1 to ${slotsMax}`,
      { field: "MILLRACE_SLOTS" },
    );
  return { ...readServiceConfig(env), slots, executorAddress: env["MILLRACE_EXECUTOR"] || undefined };
}
