import { Terminal } from "millrace/model";

/** Where models are pushed to. */
export interface PusherConfig {
  /** Directory below which every destination lies. */
  readonly pushRoot: string;
}

/**
 * Reads MILLRACE_PUSH_ROOT.
 * @throws {Terminal} `push-root-unset`.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): PusherConfig {
  const pushRoot = env["MILLRACE_PUSH_ROOT"];
  if (pushRoot !== undefined && pushRoot !== "") return { pushRoot };
  throw new Terminal(
    "push-root-unset",
    "Cannot push a model as MILLRACE_PUSH_ROOT must name the directory that destinations lie below: it is not set",
    { field: "MILLRACE_PUSH_ROOT" },
  );
}
