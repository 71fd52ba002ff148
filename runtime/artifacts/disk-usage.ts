import { lstatSync, readdirSync } from "node:fs";

/** Sum of the sizes of all files below a place, in bytes; 0 if it is gone. What vanishes meanwhile counts for nothing. */
export function sizeOf(place: string): number {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  return namesIn(place).reduce((sum, name) => sum + sizeOf(`${place}/${name}`), 0);
}

/** When anything below a place last changed, Unix epoch milliseconds; 0 if it is gone. */
export function changedMsOf(place: string): number {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  const own = Math.max(stats.mtimeMs, stats.ctimeMs);
  if (!stats.isDirectory()) return own;
  return namesIn(place).reduce((latest, name) => Math.max(latest, changedMsOf(`${place}/${name}`)), own);
}

/** Names in a directory; none if it is gone. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
