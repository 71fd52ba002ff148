import { closeSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Waits until files, the directories they are in, and `top` are on the disk. */
export function flushPayload(files: readonly string[], top: string): void {
  for (const place of new Set([...files, ...files.map(dirname), top])) flush(place);
}

function flush(place: string): void {
  const handle = openSync(place, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
