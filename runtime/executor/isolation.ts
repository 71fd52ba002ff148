import { spawn } from "node:child_process";

/** Whether user functions run where no network is. */
export type NetworkIsolation = "namespace" | "none";

/** Kernel bounds of one sandbox. */
export interface ProcessBounds {
  /** Memory it may make writable, in bytes: heap, buffers, WebAssembly. */
  readonly dataBytesMax: number;
  /** Processor time it may use, in seconds; ends it even when its parent is gone. */
  readonly cpuSecondsMax: number;
}

interface Isolation {
  readonly network: NetworkIsolation;
  readonly bounds: boolean;
}

/**
 * A user namespace with no network and no other processes in it, for anyone allowed to make one.
 * Node 24's permission model has no say over sockets and signals.
 */
const namespaceCommand = ["unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child"] as const;

/** Longest a probe may take, in milliseconds. */
const probeTimeoutMs = 5_000;

let found: Promise<Isolation> | undefined;

/**
 * Tells what holds user functions back from the network on this machine; for `doctor` and for the sandbox.
 * `none`: not Linux, no `unshare`, or namespaces are not allowed to this user.
 */
export async function networkIsolation(): Promise<NetworkIsolation> {
  return (await isolation()).network;
}

/** The command line that goes before a sandbox's own, made of what this machine has. */
export async function isolationPrefix(bounds: ProcessBounds): Promise<readonly string[]> {
  const { network, bounds: bounded } = await isolation();
  const limits = ["prlimit", `--data=${bounds.dataBytesMax}`, `--cpu=${bounds.cpuSecondsMax}`];
  return [...(network === "namespace" ? namespaceCommand : []), ...(bounded ? limits : [])];
}

function isolation(): Promise<Isolation> {
  found ??= probe();
  return found;
}

async function probe(): Promise<Isolation> {
  if (process.platform !== "linux") return { network: "none", bounds: false };
  const [namespace, bounds] = await Promise.all([
    works([...namespaceCommand, "true"]),
    works(["prlimit", "--data=1073741824", "--cpu=10", "true"]),
  ]);
  return { network: namespace ? "namespace" : "none", bounds };
}

function works([command, ...args]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command ?? "", args, { stdio: "ignore", timeout: probeTimeoutMs });
    child.on("error", () => resolve(false));
    child.on("exit", (code) => resolve(code === 0));
  });
}
