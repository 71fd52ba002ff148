import type { DataDirectory } from "@millrace/local";
import { type ArtifactStore, openArtifactStore, openStoreKeeper } from "millrace/artifacts";
import type { StoreKeeper } from "millrace/control";

/** The artifact store of an installation: the one that MILLRACE_STORE names, else the data directory's. */
export function storeOf(data: DataDirectory): ArtifactStore {
  return openArtifactStore(locationOf(data));
}

/** The same store, for collecting what nobody needs. */
export function keeperOf(data: DataDirectory): StoreKeeper {
  return openStoreKeeper(locationOf(data));
}

function locationOf(data: DataDirectory): string {
  return process.env["MILLRACE_STORE"] ?? data.store;
}
