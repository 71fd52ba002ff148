import { attemptsIn, emptyJournal } from "../../journal/mod.ts";
import type { Journal } from "../../journal/mod.ts";
import { newEventId } from "../../log/mod.ts";
import { writeJournal } from "../../publisher/mod.ts";
import type { AgentContext } from "./context.ts";
import { claimCommand } from "./claim-command.ts";
import { alreadyServed, pushUnderWay, underWayDelayMs } from "./effect.ts";
import { complete } from "./end-claim.ts";
import { holdClaim } from "./hold-claim.ts";
import { placeOf } from "./node-run.ts";
import type { Held, NodeEnd, NodeRun } from "./node-run.ts";
import { readBehind } from "./read-behind.ts";
import { lookUpCache } from "./reuse.ts";
import type { CacheLookup } from "./reuse.ts";

/**
 * Runs a node whose inputs are all there: reuse, or claim → work → outcome. Each message is decided from the journal
 * that the one before it made, and none follows a lost race.
 * Source: docs/protocol.md, Claim, work, outcome.
 */
export async function runNode(context: AgentContext, run: NodeRun): Promise<NodeEnd> {
  const lookup = await lookUpCache(context, run.placed, run.snapshot, run.inputs);
  const before = run.snapshot.journals.get(run.placed.node.name) ?? emptyJournal;
  const reused = lookup.completed ?? (await alreadyServed(context, run));
  // Who was held up since the look at the bytes may name what was collected meanwhile.
  if (reused && !run.lease.valid) return { kind: "drop" };
  if (reused) return complete(context, run, before, reused, lookup);
  if (await pushUnderWay(context, run)) return { kind: "later", delayMs: underWayDelayMs };
  return claimNode(context, run, before, lookup, (held) => holdClaim(context, run, held));
}

/**
 * Claims a node, and holds the claim to its end.
 * @param hold From the claim to the outcome.
 */
export async function claimNode(
  context: AgentContext,
  run: NodeRun,
  before: Journal,
  lookup: CacheLookup,
  hold: (held: Held) => Promise<NodeEnd>,
): Promise<NodeEnd> {
  const { placed, snapshot, lease } = run;
  if (!lease.valid) return { kind: "drop" };
  const entry = context.running.add({
    claimEventId: newEventId(),
    pipeline: snapshot.pipeline,
    run: snapshot.run,
    node: placed.node.name,
    attempt: attemptsIn(before, snapshot.control.state.epoch) + 1,
    startedAt: context.log.clock.epochMs(),
    lease,
  });
  const { running } = entry;
  try {
    const command = claimCommand(context, run, {
      epoch: snapshot.control.state.epoch,
      cacheKey: lookup.key,
      cacheMiss: lookup.miss,
      blessedSequence: snapshot.blessed.expect,
    });
    const { log, subjects } = context;
    const claimed = await writeJournal(log, subjects, placeOf(run), before, command, running.claimEventId);
    if (claimed.kind !== "written") {
      context.counts.claimsLost += 1;
      return { kind: "again" };
    }
    context.counts.claimsWon += 1;
    running.ending = false;
    const behind = readBehind(context, run, claimed.sequence);
    // Work may fail before anyone asks for what was read.
    behind.catch(() => undefined);
    return await hold({ behind, running, lookup });
  } finally {
    entry.end();
  }
}
