import type { PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import type { RetryBudget } from "../journal/mod.ts";

const defaults = { attemptsMax: 3, backoffMinMs: 1_000, backoffMaxMs: 60_000, attemptTimeoutMs: 3_600_000 };

/** How often and how soon a node's failures are tried again; what the plan leaves at 0 has the default. */
export function retryBudget({ retry }: PlanNode): RetryBudget {
  return {
    attemptsMax: retry?.attemptsMax || defaults.attemptsMax,
    backoffMinMs: Number(retry?.backoffMinMs ?? 0n) || defaults.backoffMinMs,
    backoffMaxMs: Number(retry?.backoffMaxMs ?? 0n) || defaults.backoffMaxMs,
  };
}

/** Longest one attempt may take, in milliseconds. */
export function attemptTimeoutMs(node: PlanNode): number {
  return Number(node.attemptTimeoutMs) || defaults.attemptTimeoutMs;
}
