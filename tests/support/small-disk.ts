import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A disk of a few megabytes at a directory, which can be filled. Needs the right to mount. */
export class SmallDisk implements Disposable {
  readonly #directory: string;
  readonly #filler: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#filler = join(directory, "filler");
  }

  /** @returns The disk, or why there can be none. */
  static mount(directory: string, megabytes: number): SmallDisk | string {
    mkdirSync(directory, { recursive: true });
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", directory], { stdio: "pipe" });
      return new SmallDisk(directory);
    } catch (error) {
      return `no tmpfs can be mounted here: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
    }
  }

  /** Leaves no block free. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.#directory);
    writeFileSync(this.#filler, new Uint8Array(bavail * bsize));
  }

  free(): void {
    rmSync(this.#filler);
  }

  [Symbol.dispose](): void {
    execFileSync("umount", ["-l", this.#directory]);
  }
}
