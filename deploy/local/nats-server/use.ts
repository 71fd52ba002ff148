import type { LaunchOptions } from "./launch.ts";
import { type NatsServer, startNatsServer } from "./server.ts";

/** What a process needs to know of the server it uses. */
export type UsableServer = Pick<NatsServer, "url" | "stop"> & AsyncDisposable;

/**
 * The server that MILLRACE_NATS_URL names, which is never stopped, or otherwise one on this machine.
 * @throws {Terminal} as startNatsServer does.
 */
export async function useNatsServer(options: LaunchOptions): Promise<UsableServer> {
  const url = (options.env ?? process.env).MILLRACE_NATS_URL;
  if (url === undefined || url === "") return await startNatsServer(options);
  return { url, stop: leaveRunning, [Symbol.asyncDispose]: leaveRunning };
}

async function leaveRunning(): Promise<void> {}
