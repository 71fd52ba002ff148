import { hostname } from "node:os";

const host = hostname().replaceAll(/[^A-Za-z0-9]/g, "_");

/** Names this process among all that share a store, in a path segment. */
export function processName(): string {
  return `${host}-${process.pid}`;
}

/**
 * Whether the process that a name begins with runs.
 * @returns undefined if it can't be told from here: it runs, or ran, on another machine.
 */
export function isAlive(name: string): boolean | undefined {
  const [, onHost, pid] = /^(\w*)-(\d+)-/.exec(`${name}-`) ?? [];
  if (onHost !== host) return undefined;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
