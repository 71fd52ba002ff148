import type { PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import type { Journal, RetryBudget } from "../journal/mod.ts";

const defaults = { attemptsMax: 3, backoffMinMs: 1_000, backoffMaxMs: 60_000, attemptTimeoutMs: 3_600_000 };

/** How often and how soon a node's failures are tried again; what the plan leaves at 0 has the default. */
export function retryBudget({ retry }: PlanNode): RetryBudget {
  return {
    attemptsMax: retry?.attemptsMax || defaults.attemptsMax,
    backoffMinMs: Number(retry?.backoffMinMs ?? 0n) || defaults.backoffMinMs,
    backoffMaxMs: Number(retry?.backoffMaxMs ?? 0n) || defaults.backoffMaxMs,
  };
}

/** Attempts without end. */
const attemptsUnbounded = Number.MAX_SAFE_INTEGER;

/**
 * The budget of a failure: a full disk is tried again until there is room, since no number of attempts makes any and the
 * run goes on by itself once someone has. The node's timeout still bounds it.
 */
export function retryBudgetFor(node: PlanNode, code: string): RetryBudget {
  const budget = retryBudget(node);
  return code === "store-full" ? { ...budget, attemptsMax: attemptsUnbounded } : budget;
}

/** Longest one attempt may take, in milliseconds. */
export function attemptTimeoutMs(node: PlanNode): number {
  return Number(node.attemptTimeoutMs) || defaults.attemptTimeoutMs;
}

/** Longest all attempts of an epoch may take together, waits between them included, in milliseconds; undefined: no bound. */
export function nodeTimeoutMs(node: PlanNode): number | undefined {
  return Number(node.nodeTimeoutMs) || undefined;
}

/** How old a claim may get, and which of the node's bounds says so. */
export interface ClaimBound {
  readonly ms: number;
  readonly by: "attempt-timeout" | "node-timeout";
}

/** The bound of a claim: an attempt's longest, or what was left of the node's when it was made, by server times alone. */
export function claimBound(
  node: PlanNode,
  { claim, firstClaimedMs }: Pick<Journal, "claim" | "firstClaimedMs">,
): ClaimBound {
  const attempt = { ms: attemptTimeoutMs(node), by: "attempt-timeout" } as const;
  const timeoutMs = nodeTimeoutMs(node);
  if (timeoutMs === undefined || claim === undefined) return attempt;
  const left = Math.max(0, timeoutMs - (claim.timeMs - (firstClaimedMs ?? claim.timeMs)));
  return left < attempt.ms ? { ms: left, by: "node-timeout" } : attempt;
}
