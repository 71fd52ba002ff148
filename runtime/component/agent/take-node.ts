import { CacheMiss } from "../../contracts/millrace/event/v1/event.ts";
import type { Completed } from "../../contracts/millrace/event/v1/event.ts";
import { emptyJournal } from "../../journal/mod.ts";
import { Terminal } from "../../model/mod.ts";
import { readJournalFrom } from "../../projections/mod.ts";
import { claimNode } from "./claim-node.ts";
import type { AgentContext } from "./context.ts";
import { complete, fail } from "./end-claim.ts";
import { missingBytes } from "./hit-bytes.ts";
import type { NodeEnd, NodeRun } from "./node-run.ts";
import { executionOf, noLookup } from "./reuse.ts";

/**
 * Takes a node's outcome from the run that its run forks, as it is there: one message without a claim. If that cannot
 * be, the node is claimed and fails for good, naming what is missing; nothing is run in its stead.
 * Source: docs/protocol.md, Runs from runs.
 */
export async function takeNode(context: AgentContext, run: NodeRun): Promise<NodeEnd> {
  const before = run.snapshot.journals.get(run.placed.node.name) ?? emptyJournal;
  const lookup = { ...noLookup(CacheMiss.CACHE_MISS_OFF_FOR_RUN), miss: CacheMiss.CACHE_MISS_UNSPECIFIED };
  const taken = await takenOutcome(context, run);
  if (!(taken instanceof Terminal)) return complete(context, run, before, taken, lookup);
  return claimNode(context, run, before, lookup, (held) => fail(context, run, held, taken));
}

async function takenOutcome(
  context: AgentContext,
  { placed, snapshot, inputs }: NodeRun,
): Promise<Completed | Terminal> {
  const { node } = placed;
  const origin = snapshot.started.options?.originRun ?? "";
  const action = `Cannot take node ${node.name} from run ${origin}`;
  const subject = context.subjects.journal(snapshot.pipeline, origin, node.component, node.name);
  const journal = await readJournalFrom(context.log, subject, await context.log.leaderLastOf(subject));
  const { completed } = journal;
  if (completed === undefined)
    return new Terminal("not-completed", `${action}: it must have completed there, and it is ${journal.phase}`);
  const missing = await missingBytes(context.store, completed.outputs);
  if (missing !== undefined) return new Terminal("artifact-missing", `${action}: ${missing}`);
  return {
    ...completed,
    claimEventId: "",
    reused: executionOf({ pipeline: snapshot.pipeline, run: origin, node }, journal),
    inputs: [...inputs],
    cacheKey: "",
  };
}
