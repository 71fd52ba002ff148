import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { Terminal } from "../model/mod.ts";
import type { StoreKeeper } from "../control/mod.ts";
import { DirectoryKeeper } from "./directory-keeper.ts";
import { DirectoryStore } from "./directory-store.ts";
import type { ArtifactStore } from "./store.ts";

/**
 * Opens the artifact store that a location names.
 * @param location An absolute directory or a `file:` URI.
 * @param options.flush Whether commits wait for the disk; default as MILLRACE_STORE_SYNC says, else they do: an outcome
 * in the log shall not outlive the bytes that it names.
 * @throws {Terminal} `bad-store`: anything else; `bad-setting`.
 */
export function openArtifactStore(location: string, options: { readonly flush?: boolean } = {}): ArtifactStore {
  return new DirectoryStore(directoryOf(location), { flush: options.flush ?? syncs(process.env) });
}

function syncs({ MILLRACE_STORE_SYNC: wanted = "" }: NodeJS.ProcessEnv): boolean {
  if (wanted === "" || wanted === "always") return true;
  if (wanted === "never") return false;
  const message = `Cannot use MILLRACE_STORE_SYNC=${wanted}: it must be "always" or "never"`;
  throw new Terminal("bad-setting", message, { field: "MILLRACE_STORE_SYNC" });
}

/**
 * Opens the artifact store that a location names for collecting what nobody needs.
 * @param location As for `openArtifactStore`.
 * @throws {Terminal} `bad-store`.
 */
export function openStoreKeeper(location: string): StoreKeeper {
  return new DirectoryKeeper(directoryOf(location));
}

function directoryOf(location: string): string {
  if (isAbsolute(location)) return location;
  if (location.startsWith("file:")) return fileURLToPath(location);
  const message = `Cannot open the artifact store ${JSON.stringify(location)}: it must be an absolute directory or a file: URI. Set MILLRACE_STORE`;
  throw new Terminal("bad-store", message, { field: "MILLRACE_STORE" });
}
