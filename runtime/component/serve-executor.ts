import { openArtifactStore } from "../artifacts/mod.ts";
import { runExecutorProcess } from "../executor/mod.ts";
import type { Component } from "./component.ts";
import { readServiceConfig } from "./service-config.ts";
import { environmentOf, executeComponent } from "./executor/execute-component.ts";

/** Arguments after the main module: `executor [address]`. */
const argumentsFrom = 2;

/**
 * The executor role of a component's process: serves its executions until its agent is gone, or, started by itself,
 * until SIGTERM.
 *
 * @param argv Arguments of the process; the one after `executor` is the address to listen on, by default
 *   MILLRACE_GRPC_ADDRESS.
 * @returns When it listens.
 * @throws {Terminal} `cannot-listen`, `bad-store`.
 */
export async function serveExecutor(
  component: Component,
  argv: readonly string[] = process.argv,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const config = readServiceConfig(env);
  const store = openArtifactStore(config.store);
  await runExecutorProcess({
    address: argv[argumentsFrom + 1] ?? config.grpcAddress,
    execute: (start, controls) => executeComponent(component, store, start, controls),
    environment: () => environmentOf(component),
  });
}
