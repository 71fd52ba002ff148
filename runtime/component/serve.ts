import { isExecutorProcess } from "../model/mod.ts";
import type { Component } from "./component.ts";

/**
 * Serves a component: the whole of its `main.ts`. The process is its agent (driver and publisher on the log, gRPC of
 * its own); started again with `executor` as argument, the same module is its executor. Each loads only its own side.
 */
export async function serve(component: Component): Promise<void> {
  if (isExecutorProcess(process.argv)) {
    const { serveExecutor } = await import("./serve-executor.ts");
    return serveExecutor(component);
  }
  const { serveAgent } = await import("./agent/start-component.ts");
  return serveAgent(component);
}
