import { type ArtifactStore, commitFiles } from "millrace/artifacts";
import { newEventId } from "millrace/log";

/** How a plan too large for an event is put into the store: as an artifact whose one file is `plan.pb`. */
export function commitPlan(store: ArtifactStore): (bytes: Uint8Array) => Promise<string> {
  return async (bytes) => (await commitFiles(store, newEventId(), { "plan.pb": bytes }, { type: "Plan" })).digest;
}
