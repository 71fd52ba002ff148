import type { CacheMiss } from "../../contracts/millrace/event/v1/event.ts";
import type { JournalCommand } from "../../journal/mod.ts";
import type { AgentContext } from "./context.ts";
import type { NodeRun } from "./node-run.ts";

/** What a claim says beside who makes it and on what. */
export interface ClaimBasis {
  readonly epoch: number;
  /** Empty if the cache is not used. */
  readonly cacheKey: string;
  readonly cacheMiss: CacheMiss;
  /** Last sequence of the blessings when a baseline was pinned; 0 if none was. */
  readonly blessedSequence: number;
}

/** The claim of a node, naming the delivery that led to it and the inputs as pinned. */
export function claimCommand(
  { environment }: AgentContext,
  { inputs, durable, lease }: Pick<NodeRun, "inputs" | "durable" | "lease">,
  { epoch, cacheKey, cacheMiss, blessedSequence }: ClaimBasis,
): JournalCommand {
  const triggerSequence = BigInt(lease.delivery.entry.sequence);
  const pinned = {
    inputs: [...inputs],
    blessedSequence: BigInt(blessedSequence),
    cacheMiss,
  };
  return { type: "claim", epoch, claim: { durable, triggerSequence, environment, cacheKey, ...pinned } };
}
