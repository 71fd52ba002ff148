import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Name of the directory that holds everything an installation on one machine keeps. */
const dataDirectoryName = ".millrace";

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
  /** Projections of the log that are kept between commands; a cache. */
  readonly projections: string;
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
    projections: join(root, "cache", "projections"),
    stack: join(root, "stack"),
  };
}

/**
 * The data directory of a working directory, looked for upwards: the nearest there is, or that of the nearest project
 * whose package.json speaks of millrace; else a new one in the working directory.
 */
export function findDataDirectory(from: string): DataDirectory {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const path = join(directory, dataDirectoryName);
    if (existsSync(path) || isProject(directory)) return dataDirectory(path);
    if (dirname(directory) === directory) return dataDirectory(join(from, dataDirectoryName));
  }
}

function isProject(directory: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null && "millrace" in manifest;
  } catch {
    return false;
  }
}
