import type { Aspect, Difference } from "./run-difference.ts";

/** Aspects from what matters most to who asks why two runs differ. */
const order: readonly Aspect[] = [
  "parameter",
  "code",
  "environment",
  "decision",
  "metric",
  "statistic",
  "input",
  "output",
  "duration",
];

/** Decisions that come before all else: a node did not end as it had. */
const gravest: ReadonlySet<string> = new Set(["component", "state", "failure"]);
/** Decisions that matter little: they follow from others. */
const slight: ReadonlySet<string> = new Set(["cached", "taken", "attempts"]);

/**
 * Sorts differences: how nodes ended, then what was changed, what was decided, numbers by how much they changed, and
 * digests; what is alike stays in the plan's order.
 */
export function worstFirst(differences: readonly Difference[]): readonly Difference[] {
  return [...differences].sort((a, b) => rankOf(a) - rankOf(b) || magnitudeOf(b) - magnitudeOf(a));
}

function rankOf({ aspect, name }: Difference): number {
  if (aspect === "decision" && gravest.has(name)) return -1;
  if (aspect === "decision" && slight.has(name)) return order.length;
  return order.indexOf(aspect);
}

/** By how much a number changed; what came or went, or began at 0, changed most. */
function magnitudeOf({ was, is, change }: Difference): number {
  if (change !== null) return Math.abs(change);
  return typeof was === "number" || typeof is === "number" ? Number.MAX_VALUE : 0;
}
