import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

const host = hostname().replaceAll(/[^A-Za-z0-9]/g, "_");
const ownName = new RegExp(`^millrace-engine-${host}-(\\d+)-\\w+$`);

/** A directory of this process alone, removed when it is let go or when the process exits. */
export interface PrivateDirectory {
  readonly path: string;
  remove(): void;
}

/**
 * Makes a private directory for the engine's data, which is locked by the process that opened it.
 * What killed processes of this machine left there is removed first: a name carries host and process id.
 * @param parent Where to make it; default the system's temporary directory.
 */
export function makePrivateDirectory(parent: string = tmpdir()): PrivateDirectory {
  mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  const path = mkdtempSync(join(parent, `millrace-engine-${host}-${process.pid}-`));
  const remove = () => {
    process.off("exit", remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.on("exit", remove);
  return { path, remove };
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = ownName.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: alive, of another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
