import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { PushSource, VersionRestorer } from "../../control/mod.ts";
import type { ArtifactStore } from "../store.ts";
import { destinationDirectory } from "./destination-directory.ts";
import { publishVersion } from "./publish-version.ts";

/**
 * Puts what was pushed before, from a store, where servers find it. A version that is there already stays.
 * @param pushRoot Directory below which every destination lies.
 */
export function versionRestorer(store: ArtifactStore, pushRoot: string): VersionRestorer {
  return {
    has: ({ digest }) => store.has(digest),
    async restore({ digest, directory }: PushSource, destination, version) {
      const source = join(await store.open(digest), directory);
      const target = await destinationDirectory(pushRoot, destination);
      const published = await publishVersion(source, target, version);
      return pathToFileURL(published.directory).href;
    },
  };
}
