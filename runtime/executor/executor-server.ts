import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ExecutorServiceService, type ExecutorServiceServer } from "../contracts/millrace/component/v1/executor.ts";
import type { ExecutionEnvironment } from "../contracts/millrace/event/v1/event.ts";
import { Retryable, Terminal } from "../model/mod.ts";
import { executeCall } from "./execute.ts";
import { watchRejections, type Execution, type ExecutionHandler } from "./execution.ts";
import { addHealthService } from "./health.ts";

export interface ExecutorServerOptions {
  /** gRPC address to listen on: `unix:/short/path` or `host:port`, port 0 for any. */
  readonly address: string;
  readonly execute: ExecutionHandler;
  readonly environment: () => ExecutionEnvironment;
  /** Whether to serve grpc.health.v1 too; a child on a private socket has nobody to ask. */
  readonly health: boolean;
}

export interface ExecutorServer {
  /** Address as clients reach it, with the port it got. */
  readonly address: string;
  /** Stops what runs, waits for it so long, and closes. */
  close(graceMs: number): Promise<void>;
}

/** gRPC service name under which an executor's health is asked for. */
const executorServiceName = "millrace.component.v1.ExecutorService";

/**
 * Serves ExecutorService.
 * @throws {Terminal} `cannot-listen`.
 */
export async function startExecutorServer(options: ExecutorServerOptions): Promise<ExecutorServer> {
  const executions = new Set<Execution>();
  const server = new Server();
  const service: ExecutorServiceServer = {
    execute: executeCall(options.execute, executions),
    describeExecutor: (_call, callback) => callback(null, { environment: options.environment() }),
  };
  server.addService(ExecutorServiceService, service);
  if (options.health) await addHealthService(server, { "": "SERVING", [executorServiceName]: "SERVING" });
  const address = await listen(server, options.address);
  const unwatch = watchRejections(() => executions);
  return {
    address,
    async close(graceMs) {
      for (const execution of executions) execution.stop(closing());
      await idle(executions, graceMs);
      unwatch();
      server.forceShutdown();
    },
  };
}

/**
 * Binds a server.
 * @returns The address with the port it got.
 * @throws {Terminal} `cannot-listen`: taken, not of this machine, or not allowed.
 */
export function listen(server: Server, address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) return resolve(address.startsWith("unix:") ? address : address.replace(/:\d+$/, `:${port}`));
      const message = `Cannot listen on ${address}: ${error.message}. Name a free address of this machine, or port 0 for any`;
      reject(new Terminal("cannot-listen", message, { cause: error }));
    });
  });
}

/** Not a cancel: nobody asked for the work to end, and another executor can do it. */
function closing(): Retryable {
  return new Retryable("executor-closing", "Stopped as the executor's process was told to end. It is tried again");
}

/** How often a closing executor looks whether its executions have ended, in milliseconds. */
const idlePollMs = 10;

async function idle(executions: ReadonlySet<Execution>, graceMs: number): Promise<void> {
  const until = performance.now() + graceMs;
  while (executions.size > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, idlePollMs));
  }
}
