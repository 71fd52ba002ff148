import { createRequire } from "node:module";

/** What the engine adds to an execution's environment: its backend, and the package version that can change bytes. */
export interface EngineEnvironment {
  readonly backend: string;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * The engine that `openEngine` would open, without opening it: the agent asks before it decides on a cache hit.
 * A server's version isn't known without asking it, so MILLRACE_CLICKHOUSE_VERSION may say it.
 */
export function engineEnvironment(): EngineEnvironment {
  const url = process.env["MILLRACE_CLICKHOUSE_URL"];
  if (url !== undefined && url !== "") {
    return { backend: "clickhouse", versions: { clickhouse: process.env["MILLRACE_CLICKHOUSE_VERSION"] ?? "server" } };
  }
  const { version } = createRequire(import.meta.url)("chdb/package.json") as { version: string };
  return { backend: "chdb", versions: { chdb: version } };
}
