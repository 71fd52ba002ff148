import { CacheMiss } from "../../contracts/millrace/event/v1/event.ts";
import type { CacheEntry, Completed, ExecutionReference, Push } from "../../contracts/millrace/event/v1/event.ts";
import type { InputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import { cacheKey, candidateOf } from "../../driver/mod.ts";
import type { PlacedNode, Snapshot } from "../../driver/mod.ts";
import { cacheChain, cacheEvent, emptyChain } from "../../journal/mod.ts";
import type { CachedOutcome, Chain, Journal } from "../../journal/mod.ts";
import { appendEvent, newEventId } from "../../log/mod.ts";
import { readChainFrom, readJournalFrom } from "../../projections/mod.ts";
import type { AgentContext } from "./context.ts";
import { missingBytes } from "./hit-bytes.ts";

/** What the cache says of an execution that is about to be claimed. */
export interface CacheLookup {
  /** Empty if the node or the run does not use the cache. */
  readonly key: string;
  readonly chain: Chain<CachedOutcome>;
  /** The outcome to record instead of running; undefined on a miss. */
  readonly completed: Completed | undefined;
  /** Why there is none, for the claim; not said of a hit. */
  readonly miss: CacheMiss;
}

/** The look-up where the cache is not asked: switched off for the node, or for the whole run. */
export function noLookup(
  miss: typeof CacheMiss.CACHE_MISS_OFF_FOR_NODE | typeof CacheMiss.CACHE_MISS_OFF_FOR_RUN,
): CacheLookup {
  return { key: "", chain: emptyChain(cacheChain), completed: undefined, miss };
}

/**
 * Looks an execution up in the cache. A hit whose bytes are gone or altered is a miss, and is revoked so that nobody
 * else finds it; a blessing is only reused while its model is still the newest blessed, or was not blessed at all.
 */
export async function lookUpCache(
  context: AgentContext,
  placed: PlacedNode,
  snapshot: Snapshot,
  inputs: readonly InputArtifact[],
): Promise<CacheLookup> {
  if (!placed.node.cache) return noLookup(CacheMiss.CACHE_MISS_OFF_FOR_NODE);
  if (snapshot.started.options?.noCache) return noLookup(CacheMiss.CACHE_MISS_OFF_FOR_RUN);
  const { node } = placed;
  const key = cacheKey(node, inputs, context.environment, snapshot.started.seed);
  const subject = context.subjects.cache(node.component, key);
  const last = await context.log.lastOf([subject]);
  const chain = await readChainFrom(context.log, cacheChain, subject, last.entries.get(subject));
  const { entry } = chain.state;
  const missed = (miss: CacheMiss, standing = chain): CacheLookup => ({
    key,
    chain: standing,
    completed: undefined,
    miss,
  });
  if (entry === undefined) return missed(chain.head ? CacheMiss.CACHE_MISS_REVOKED : CacheMiss.CACHE_MISS_NO_ENTRY);
  if (!blessingStands(context, snapshot, inputs, entry)) return missed(CacheMiss.CACHE_MISS_BLESSING_SUPERSEDED);
  const missing = await missingBytes(context.store, entry.outputs);
  if (missing !== undefined) {
    await revoke(context, subject, chain, missing);
    return missed(CacheMiss.CACHE_MISS_BYTES_GONE, await foldAgain(context, subject));
  }
  const completed = reusedOutcome(entry, inputs, key);
  return { key, chain, completed, miss: CacheMiss.CACHE_MISS_UNSPECIFIED };
}

/** Offers an outcome to the cache; whoever offered the same key first stands. */
export async function offerToCache(
  context: AgentContext,
  { pipeline, run, node }: { pipeline: string; run: string; node: PlacedNode["node"] },
  { key, chain }: CacheLookup,
  journal: Journal,
): Promise<void> {
  const { completed } = journal;
  if (key === "" || completed === undefined) return;
  const execution = executionOf({ pipeline, run, node }, journal);
  const { outputs, metrics, environment, note } = completed;
  const value: CacheEntry = { execution, outputs, metrics, environment, note };
  const event = { id: newEventId(), ...cacheEvent(chain, { $case: "cacheEntry", value }) };
  const subject = context.subjects.cache(node.component, key);
  await appendEvent(context.log, subject, event, { expectLastSequence: chain.expect, shared: true });
}

/** The outcome of a node whose model the destination serves already: the execution that pushed it. */
export async function servedOutcome(
  context: AgentContext,
  placed: PlacedNode,
  push: Push,
  inputs: readonly InputArtifact[],
): Promise<Completed | undefined> {
  const subject = context.subjects.journal(push.pipeline, push.run, placed.node.component, push.node);
  const last = await context.log.leaderLastOf(subject);
  const journal = await readJournalFrom(context.log, subject, last);
  const { completed } = journal;
  if (completed === undefined) return undefined;
  const node = { component: placed.node.component, name: push.node };
  const execution = executionOf({ pipeline: push.pipeline, run: push.run, node }, journal);
  const { outputs, metrics, environment } = completed;
  if ((await missingBytes(context.store, outputs)) !== undefined) return undefined;
  return reusedOutcome(
    { execution, outputs, metrics, environment, note: `version ${push.version} serves this model already` },
    inputs,
    "",
  );
}

/** Names the execution behind a completed journal: its own, or the one that it reused. */
export function executionOf(
  { pipeline, run, node }: { pipeline: string; run: string; node: Pick<PlacedNode["node"], "component" | "name"> },
  { completed, head }: Journal,
): ExecutionReference {
  return (
    completed?.reused ?? {
      pipeline,
      run,
      component: node.component,
      node: node.name,
      completedEventId: head?.eventId ?? "",
      completedSequence: BigInt(head?.sequence ?? 0),
    }
  );
}

function reusedOutcome(entry: CacheEntry, inputs: readonly InputArtifact[], key: string): Completed {
  const { execution, outputs, metrics, environment, note } = entry;
  return {
    claimEventId: "",
    outputs,
    reused: execution,
    metrics,
    environment,
    inputs: [...inputs],
    cacheKey: key,
    note,
  };
}

function blessingStands(
  { declaration }: AgentContext,
  snapshot: Snapshot,
  inputs: readonly InputArtifact[],
  { outputs }: CacheEntry,
): boolean {
  if (declaration.effect !== "bless" || snapshot.started.options?.noEffects) return true;
  const blessed = outputs.some(({ artifact }) => artifact?.properties["blessed"] === "1");
  return !blessed || snapshot.blessed.state[0]?.model.digest === candidateOf(inputs)?.digest;
}

/** @param reason Why nobody may reuse it any more, in words that stand behind "because". */
async function revoke(
  context: AgentContext,
  subject: string,
  chain: Chain<CachedOutcome>,
  reason: string,
): Promise<void> {
  const value = { reason };
  const event = { id: newEventId(), ...cacheEvent(chain, { $case: "cacheRevoked", value }) };
  await appendEvent(context.log, subject, event, { expectLastSequence: chain.expect, shared: true });
}

async function foldAgain({ log }: AgentContext, subject: string): Promise<Chain<CachedOutcome>> {
  return readChainFrom(log, cacheChain, subject, await log.leaderLastOf(subject));
}
