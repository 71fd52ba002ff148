import { delimiter, resolve } from "node:path";
import type { ServiceConfig } from "millrace/component/internal";
import { readServiceConfig } from "millrace/component/internal";

export interface IngestConfig extends ServiceConfig {
  /** Absolute directories that datasets may lie in; the first is the data root of relative paths. */
  readonly roots: readonly string[];
  /** Directory that destinations of pushes lie below, for rollbacks; undefined if it isn't set. */
  readonly pushRoot: string | undefined;
}

/** Reads ingest's settings from the environment. @throws {Terminal} `bad-setting`, naming the variable. */
export function toConfig(env: NodeJS.ProcessEnv): IngestConfig {
  const roots = (env["MILLRACE_DATA_ROOTS"] ?? "").split(delimiter).filter((root) => root !== "");
  return {
    ...readServiceConfig(env),
    pushRoot: env["MILLRACE_PUSH_ROOT"] || undefined,
    roots: (roots.length > 0 ? roots : [process.cwd()]).map((root) => resolve(root)),
  };
}
