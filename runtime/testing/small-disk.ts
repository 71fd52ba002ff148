import { spawnSync } from "node:child_process";

/** A file system of its own with little room. */
export interface SmallDisk {
  unmount(): void;
}

/**
 * Mounts a small disk in memory on a directory, which takes root on Linux.
 * @returns why it could not be mounted, where it could not.
 */
export function mountSmallDisk(directory: string, bytes: number): SmallDisk | { readonly notMounted: string } {
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory], { encoding: "utf8" });
  if (mounted.status !== 0) return { notMounted: mounted.error?.message ?? mounted.stderr.trim() };
  return { unmount: () => void spawnSync("umount", [directory]) };
}
