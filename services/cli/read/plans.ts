import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactStore } from "millrace/artifacts";
import { createPlans, type Plans } from "millrace/driver";
import type { Log } from "millrace/log";

/** Plans of the log, those too large for it from the store. */
export function plansOf(log: Log, store: ArtifactStore): Plans {
  return createPlans(log, async (digest) => readFile(join(await store.open(digest), "plan.pb")));
}
