import { cpSync } from "node:fs";
import { join, relative } from "node:path";
import type { DataDirectory } from "@millrace/local";
import { example } from "./example.ts";

/** Path of the demo's data where ingest may read it: as it lies in the project, else a copy in the data directory. */
export function readableData(data: DataDirectory): string {
  const path = join(example.directory, example.file);
  if (!relative(data.project, path).startsWith("..")) return path;
  const copy = join(data.root, "demo", example.file);
  cpSync(path, copy);
  return copy;
}
