import { tmpdir } from "node:os";
import { delimiter } from "node:path";
import type { DataDirectory } from "./data-directory.ts";

/**
 * The environment of every service of a local stack: what the machine's own says, else places below the data directory.
 * Files may be read from the project and from the system's temporary directory.
 */
export function serviceEnvironment(data: DataDirectory, natsUrl: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    MILLRACE_NAMESPACE: "mr",
    MILLRACE_STORE: data.store,
    MILLRACE_DATA_ROOTS: [data.project, tmpdir()].join(delimiter),
    MILLRACE_PUSH_ROOT: data.pushRoot,
    MILLRACE_MODEL_BASE: data.modelBase,
    MILLRACE_GRPC_ADDRESS: "127.0.0.1:0",
    MILLRACE_LOG_LEVEL: "info",
    NODE_COMPILE_CACHE: data.compileCache,
    ...env,
    MILLRACE_NATS_URL: natsUrl,
    MILLRACE_SUPERVISOR: String(process.pid),
  };
}
