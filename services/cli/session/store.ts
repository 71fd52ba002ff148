import type { DataDirectory } from "@millrace/local";
import { type ArtifactStore, openArtifactStore } from "millrace/artifacts";

/** The artifact store of an installation: the one that MILLRACE_STORE names, else the data directory's. */
export function storeOf(data: DataDirectory): ArtifactStore {
  return openArtifactStore(process.env["MILLRACE_STORE"] ?? data.store);
}
