import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Directory in which tests keep a tool that they fetched: outside the checkout, so that the next clone has it too. */
export function toolCache(tool: string): string {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const directory = join(cache, "millrace", "interop", tool);
  mkdirSync(directory, { recursive: true });
  return directory;
}
