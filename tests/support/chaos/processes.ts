import { spawnSync } from "node:child_process";

/** Sends a signal; a process that has gone meanwhile needs none. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Whether a process runs, stopped ones included. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The executor of an agent: its child. Undefined if it has none now. */
export function executorOf(agent: number): number | undefined {
  const [child] = spawnSync("pgrep", ["-P", String(agent)], { encoding: "utf8" }).stdout.split("\n");
  return child === undefined || child === "" ? undefined : Number(child);
}
