import type { World } from "../world.ts";
import { checkArtifacts } from "./artifacts.ts";
import { checkCancels } from "./cancels.ts";
import { checkChains } from "./chains.ts";
import { checkEffects } from "./effects.ts";
import { checkTakeovers } from "./holders.ts";
import { historyOf } from "./history.ts";
import { checkJournals } from "./journals.ts";
import { checkRunEnds } from "./run-ends.ts";

export { checkBytes } from "./artifacts.ts";
export { checkWorking } from "./holders.ts";
export { historyOf } from "./history.ts";
export { openRuns } from "./run-ends.ts";

/** Judges the log that a schedule left behind: everything the protocol promises, by a fold of its own. */
export function judge(world: World): void {
  const history = historyOf(world.server.written);
  checkRunEnds(world, history);
  checkJournals(world, history);
  checkChains(world, history);
  checkArtifacts(world, history);
  checkCancels(world, history);
  checkEffects(world, history);
  checkTakeovers(world, history);
}
