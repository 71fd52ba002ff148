import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Name of the directory that holds everything an installation on one machine keeps. */
export const dataDirectoryName = ".millrace";

/** The places below a data directory. */
export interface DataDirectory {
  readonly root: string;
  /** Directory the data directory stands in: the user's project. */
  readonly project: string;
  /** nats-server's store. */
  readonly nats: string;
  /** Artifact store. */
  readonly store: string;
  /** Below it Pusher writes. */
  readonly pushRoot: string;
  /** Below it the model server looks for models; a part of the push root. */
  readonly modelBase: string;
  readonly logs: string;
  /** Node's compile cache: with it twelve processes start in about half the time. */
  readonly compileCache: string;
  /** Lock and state of the running stack. */
  readonly stack: string;
}

/** Names the places below a data directory; makes nothing. */
export function dataDirectory(path: string): DataDirectory {
  const root = resolve(path);
  return {
    root,
    project: dirname(root),
    nats: join(root, "nats"),
    store: join(root, "store"),
    pushRoot: join(root, "push"),
    modelBase: join(root, "push", "serving"),
    logs: join(root, "logs"),
    compileCache: join(root, "cache", "node"),
    stack: join(root, "stack"),
  };
}

/** The data directory of a working directory: the nearest there is, upwards; else a new one in it. */
export function findDataDirectory(from: string): DataDirectory {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    if (existsSync(join(directory, dataDirectoryName))) return dataDirectory(join(directory, dataDirectoryName));
    if (dirname(directory) === directory) return dataDirectory(join(from, dataDirectoryName));
  }
}
