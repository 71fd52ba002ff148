import { startExecutorServer, type ExecutorServer, type ExecutorServerOptions } from "./executor-server.ts";
import { removeSocketAddress } from "./socket-address.ts";

/** What a child executor tells its agent once it listens. */
export interface ListeningMessage {
  readonly listening: string;
}

/** Longest an ending executor waits for what it has stopped, in milliseconds. */
const exitGraceMs = 2_000;

/**
 * The life of an executor's process. Started by an agent, it ends with it: the channel between them closes however
 * the agent ends, SIGKILL included. Started by itself, it ends on SIGTERM or SIGINT.
 *
 * @returns When it listens.
 */
export async function runExecutorProcess(options: Omit<ExecutorServerOptions, "health">): Promise<ExecutorServer> {
  const child = process.send !== undefined;
  const server = await startExecutorServer({ ...options, health: !child });
  let ending: Promise<void> | undefined;
  const end = () => (ending ??= endProcess(server));
  process.on("SIGTERM", () => void end());
  // A terminal's Ctrl-C reaches the child as well; the agent decides what becomes of its executions.
  process.on("SIGINT", () => void (child ? undefined : end()));
  if (child) {
    process.on("disconnect", () => void end());
    process.send?.({ listening: server.address } satisfies ListeningMessage);
  }
  return server;
}

async function endProcess(server: ExecutorServer): Promise<void> {
  await server.close(exitGraceMs);
  removeSocketAddress(server.address);
  // Native engines and work that ignores its signal would keep the process, with nobody left to take their results.
  process.exit(0);
}
