import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A file of the repository, by its path in it. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The text of a file of the repository. */
export function textOf(path: string): string {
  return readFileSync(root + path, "utf8");
}

/** Whether a path of the repository exists. */
export function exists(path: string): boolean {
  return existsSync(root + path);
}

/** The tracked files whose path matches. Deleted ones that are not committed yet are passed over. */
export function trackedFiles(pattern: RegExp): readonly SourceFile[] {
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0");
  return listed.filter((path) => pattern.test(path) && exists(path)).map((path) => ({ path, text: textOf(path) }));
}

/** A package's manifest, as far as it is looked at here. */
export interface Manifest {
  readonly name?: string;
  readonly description?: string;
  readonly license?: string;
  /** Whether it is never published. */
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The manifests of the workspaces, by path. */
export function manifests(): ReadonlyMap<string, Manifest> {
  const files = trackedFiles(/(^|\/)package\.json$/).filter(({ path }) => !path.includes("goldens/"));
  return new Map(files.map(({ path, text }) => [path, JSON.parse(text) as Manifest]));
}
