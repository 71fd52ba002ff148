import { controlChain } from "../../journal/mod.ts";
import type { Control, Journal } from "../../journal/mod.ts";
import { readChainFrom, readJournalFrom, readLastFresh } from "../../projections/mod.ts";
import type { AgentContext } from "./context.ts";
import type { NodeRun } from "./node-run.ts";

/** What was read behind a claim, at or after its sequence. */
export interface Behind {
  /** The node's journal with the claim's server time, which its writer does not know. */
  readonly journal: Journal;
  readonly control: Control;
}

/**
 * Reads a node's journal and its run's control behind a claim: no effect outside and no outcome goes before this read.
 * Source: docs/protocol.md, Claim, work, outcome (3).
 */
export async function readBehind(
  { log, subjects }: AgentContext,
  { snapshot, placed }: NodeRun,
  claimSequence: number,
): Promise<Behind> {
  const { pipeline, run } = snapshot;
  const own = subjects.journal(pipeline, run, placed.node.component, placed.node.name);
  const control = subjects.control(pipeline, run);
  const last = await readLastFresh(log, [own, control], claimSequence);
  return {
    journal: await readJournalFrom(log, own, last.get(own)),
    control: (await readChainFrom(log, controlChain, control, last.get(control))).state,
  };
}
