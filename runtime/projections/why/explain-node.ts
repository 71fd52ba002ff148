import { CacheMiss } from "../../contracts/millrace/event/v1/event.ts";
import { sourceComponent } from "../../model/mod.ts";
import type { Cause } from "./causes.ts";
import { causesOf } from "./causes.ts";
import { journalOf, verdictOf } from "./evidence.ts";
import type { Evidence, Verdict } from "./evidence.ts";
import type { ExecutionDifference } from "./execution-difference.ts";
import { summaryOf } from "./summary.ts";

/** What the cache had for a node. */
export interface CacheExplanation {
  /** Empty where the cache was not used. */
  readonly key: string;
  readonly hit: boolean;
  /** Why not, if it was not: `no-entry`, `off-for-node`, `off-for-run`, `bytes-gone`, `blessing-superseded`, `revoked`. */
  readonly miss: string | null;
  /** The nearest earlier execution, where nobody had executed the key. */
  readonly earlier: {
    readonly pipeline: string;
    readonly run: string;
    readonly node: string;
    readonly sequence: number;
  } | null;
  /** What that one does not share. */
  readonly differences: readonly ExecutionDifference[];
}

/** Why a node stands where it stands. */
export interface Why {
  readonly run: string;
  readonly pipeline: string;
  readonly node: string;
  readonly component: string;
  readonly verdict: Verdict;
  /** The whole of it in a few sentences. */
  readonly summary: string;
  /** Ascending by sequence. */
  readonly causes: readonly Cause[];
  /** null while nobody has come to the node's inputs. */
  readonly cache: CacheExplanation | null;
  /** Of a node that is tried again, Unix epoch milliseconds. */
  readonly nextAttemptAt: number | null;
  readonly atSequence: number;
}

/** Explains a node from the evidence. Pure. */
export function explainNode(evidence: Evidence): Why {
  const { facts, node, atSequence } = evidence;
  return {
    run: facts.run,
    pipeline: facts.pipeline,
    node: node.name,
    component: node.component,
    verdict: verdictOf(evidence, node),
    summary: summaryOf(evidence),
    causes: causesOf(evidence),
    cache: cacheOf(evidence),
    nextAttemptAt: journalOf(facts, node.name).dueMs ?? null,
    atSequence,
  };
}

const missNames: Readonly<Record<number, string>> = {
  [CacheMiss.CACHE_MISS_NO_ENTRY]: "no-entry",
  [CacheMiss.CACHE_MISS_OFF_FOR_NODE]: "off-for-node",
  [CacheMiss.CACHE_MISS_OFF_FOR_RUN]: "off-for-run",
  [CacheMiss.CACHE_MISS_BYTES_GONE]: "bytes-gone",
  [CacheMiss.CACHE_MISS_BLESSING_SUPERSEDED]: "blessing-superseded",
  [CacheMiss.CACHE_MISS_REVOKED]: "revoked",
};

function cacheOf({ facts, node, cache }: Evidence): CacheExplanation | null {
  const { completed } = journalOf(facts, node.name);
  if (node.component === sourceComponent) return null;
  if (completed?.reused)
    return { key: completed.cacheKey, hit: completed.cacheKey !== "", miss: null, earlier: null, differences: [] };
  if (cache === undefined) return null;
  const earlier = cache.nearest?.execution;
  return {
    key: cache.key,
    hit: false,
    miss: missNames[cache.miss] ?? null,
    earlier: earlier
      ? { pipeline: earlier.pipeline, run: earlier.run, node: earlier.node, sequence: earlier.last.sequence }
      : null,
    differences: cache.nearest?.differences ?? [],
  };
}
