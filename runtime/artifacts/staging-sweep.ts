import { rmdirSync, rmSync } from "node:fs";
import type { Leftovers, StoreKeeper } from "../control/mod.ts";
import { changedMsOf, namesIn, sizeOf } from "./disk-usage.ts";
import { isAlive } from "./process-name.ts";

/**
 * Finds what was staged by processes and executions that are gone: their process does not run (or ran on another
 * machine), their claim is not open, and nothing in it has changed for a while. All three, since a process id says
 * nothing of other machines, a claim may stand a moment after its work began, and imports have no claim.
 */
export function sweepStaging(
  staging: string,
  { isOpen, untouchedMs, remove }: Parameters<StoreKeeper["sweepStaging"]>[0],
): Leftovers {
  let places = 0;
  let bytes = 0;
  const before = Date.now() - untouchedMs;
  for (const process of namesIn(staging)) {
    if (isAlive(process) === true) continue;
    const directory = `${staging}/${process}`;
    for (const name of namesIn(directory)) {
      const place = `${directory}/${name}`;
      if (isOpen(name.slice(0, name.indexOf("."))) || changedMsOf(place) > before) continue;
      places += 1;
      bytes += sizeOf(place);
      if (remove) rmSync(place, { recursive: true, force: true });
    }
    if (remove && namesIn(directory).length === 0 && changedMsOf(directory) <= before) removeIfEmpty(directory);
  }
  return { places, bytes };
}

/** Removes a directory unless something is in it, or it is gone. */
export function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "ENOENT") throw error;
  }
}
