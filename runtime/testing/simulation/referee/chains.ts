import {
  blessedChain,
  cacheChain,
  chainFromLast,
  controlChain,
  emptyChain,
  outcomeChain,
  pipelineChain,
  stepChain,
  targetChain,
} from "../../../journal/mod.ts";
import type { Chain, ChainKind } from "../../../journal/mod.ts";
import { canonicalJson } from "../../../model/mod.ts";
import type { Written } from "../server.ts";
import type { World } from "../world.ts";
import type { History } from "./history.ts";

/** Every chain: no void message, and the carried state is the folded one, so that any replica folds the same. */
export function checkChains(world: World, history: History): void {
  for (const [subject, written] of history.others) {
    const kind = subject.split(".")[1];
    if (kind === "blessed")
      checkChain(world, blessedChain, written, (state) => canonicalJson(state.map(({ model }) => model.digest)));
    if (kind === "cache")
      checkChain(world, cacheChain, written, ({ entry }) => entry?.execution?.completedEventId ?? "");
    if (kind === "target") checkChain(world, targetChain, written, ({ served }) => String(served?.version ?? 0));
    if (kind === "pipeline") checkChain(world, pipelineChain, written, (state) => state?.registered.planDigest ?? "");
  }
  for (const { control, outcomes } of history.runs.values()) {
    checkChain(
      world,
      controlChain,
      control.map(({ written }) => written),
      (state) => canonicalJson(state),
    );
    checkChain(world, outcomeChain, outcomes, (state) => canonicalJson(state));
  }
}

function checkChain<State>(
  world: World,
  kind: ChainKind<State>,
  written: readonly Written[],
  essence: (state: State) => string,
): Chain<State> {
  let chain = emptyChain(kind);
  for (const { entry } of written) {
    chain = stepChain(kind, chain, entry);
    if (chain.head?.sequence !== entry.sequence) {
      world.violate(
        "void-message",
        `message ${entry.sequence} of ${entry.subject} does not follow from the one before`,
      );
      continue;
    }
    const carried = chainFromLast(kind, entry);
    if (carried === undefined || essence(carried.state) !== essence(chain.state))
      world.violate(
        "carried-state",
        `message ${entry.sequence} of ${entry.subject} carries ${carried && essence(carried.state)}, its fold is ${essence(chain.state)}`,
      );
  }
  return chain;
}
