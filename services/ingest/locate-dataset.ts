import { realpath, stat } from "node:fs/promises";
import { basename, extname, isAbsolute, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { DatasetPublished } from "millrace/contracts/millrace/event/v1/event.ts";
import { MillraceError, Terminal } from "millrace/model";

/** A dataset's file, found below an allowed root. */
export interface LocatedDataset {
  /** Real path, links resolved. */
  readonly path: string;
  readonly format: "csv" | "tfrecord" | "parquet";
  /** Name for messages. */
  readonly name: string;
}

const formatByExtension: Readonly<Record<string, LocatedDataset["format"]>> = {
  ".csv": "csv",
  ".tfrecord": "tfrecord",
  ".tfrecords": "tfrecord",
  ".parquet": "parquet",
};

/**
 * Finds the file that a dataset event points to.
 * @param roots Absolute directories that datasets may lie in; the first is the data root of relative paths.
 * @throws {Terminal} `bad-uri`, `outside-roots`, `missing-file`, `not-a-file`, `unreadable-file`, `unknown-format`.
 */
export async function locateDataset(
  { uri, format }: Pick<DatasetPublished, "uri" | "format">,
  roots: readonly string[],
): Promise<LocatedDataset> {
  const asked = pathOf(uri, roots);
  const path = await realPathOf(asked, uri);
  const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => resolve(root))));
  if (!realRoots.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)))
    throw new Terminal(
      "outside-roots",
      `Cannot read ${uri}: it must lie below one of the allowed roots (${roots.join(", ")}) and lies outside them. Move it there, or add its directory to MILLRACE_DATA_ROOTS`,
      { field: "data.uri" },
    );
  const file = await stat(path);
  if (!file.isFile())
    throw new Terminal(
      "not-a-file",
      `Cannot read ${uri}: it must be a file and is ${file.isDirectory() ? "a directory" : "something else"}`,
      { field: "data.uri" },
    );
  return { path, format: formatOf(path, format), name: basename(asked) };
}

function pathOf(uri: string, roots: readonly string[]): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(uri)) {
    if (!uri.startsWith("file:"))
      throw new Terminal("bad-uri", `Cannot read ${uri}: it must be a file: URI or a path below the data root`, {
        field: "data.uri",
      });
    try {
      return fileURLToPath(uri);
    } catch (cause) {
      throw new Terminal(
        "bad-uri",
        `Cannot read ${uri}: it must be a file: URI of this machine, such as file:///data/penguins.csv`,
        { field: "data.uri", cause },
      );
    }
  }
  return isAbsolute(uri) ? resolve(uri) : resolve(roots[0] ?? ".", uri);
}

async function realPathOf(path: string, uri: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR")
      throw new Terminal("missing-file", `Cannot read ${uri}: there is no file ${path}`, {
        field: "data.uri",
        file: path,
        cause,
      });
    throw new MillraceError("terminal", "unreadable-file", `Cannot read ${uri}: ${String(code)} at ${path}`, {
      field: "data.uri",
      file: path,
      cause,
    });
  }
}

function formatOf(path: string, given: string): LocatedDataset["format"] {
  const named = given || formatByExtension[extname(path.replace(/\.gz$/, "")).toLowerCase()];
  if (named === "csv" || named === "tfrecord" || named === "parquet") return named;
  throw new Terminal(
    "unknown-format",
    `Cannot tell the format of ${basename(path)}: its name must end in ${Object.keys(formatByExtension).join(", ")}, or the event must say data.format`,
    { field: "data.format" },
  );
}
