import type { PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { compileError, type NodePlace } from "./compile-error.ts";
import type { DraftNode } from "./draft.ts";

/** How often and for how long a node may try. Durations are whole milliseconds. */
export interface BudgetOptions {
  /** Attempts in all, the first included; default the component's, mostly 3. */
  readonly attemptsMax?: number;
  /** Delay before the second attempt, doubled for each one after; default one second. */
  readonly backoffMinMs?: number;
  /** Longest delay between attempts; default one minute. */
  readonly backoffMaxMs?: number;
  /** Longest one attempt may take; default the component's, mostly one hour. */
  readonly attemptTimeoutMs?: number;
  /** Longest all attempts may take together, the waits between them included; default no bound. A resume begins anew. */
  readonly nodeTimeoutMs?: number;
}

/** Names of the options. */
export const budgetOptionNames = [
  "attemptsMax",
  "backoffMinMs",
  "backoffMaxMs",
  "attemptTimeoutMs",
  "nodeTimeoutMs",
] as const satisfies (keyof BudgetOptions)[];

/** The longest that any duration may be: what a timer of Node takes, nearly 25 days. */
const durationMsMax = 2_147_483_647;
const countMax = 1_000_000;
const backoffDefault = { minMs: 1_000, maxMs: 60_000 } as const;

/** The budget part of a node of a plan. */
export type NodeBudget = Pick<PlanNode, "retry" | "attemptTimeoutMs" | "nodeTimeoutMs">;

/**
 * Compiles a node's budget. An option that contradicts another that was given is an error; one that only passes a
 * default gives way.
 * @throws {Terminal} `bad-parameter`, naming node and option.
 */
export function compileBudget(place: NodePlace, given: DraftNode["given"]): NodeBudget {
  for (const name of budgetOptionNames) checkRange(place, name, given[name]);
  checkOrder(place, given, "backoffMinMs", "backoffMaxMs");
  checkOrder(place, given, "attemptTimeoutMs", "nodeTimeoutMs");
  const { declaration } = place;
  const minMs = given.backoffMinMs ?? Math.min(backoffDefault.minMs, given.backoffMaxMs ?? backoffDefault.minMs);
  const maxMs = given.backoffMaxMs ?? Math.max(backoffDefault.maxMs, minMs);
  return {
    retry: {
      attemptsMax: given.attemptsMax ?? declaration.attemptsMax,
      backoffMinMs: BigInt(minMs),
      backoffMaxMs: BigInt(maxMs),
    },
    attemptTimeoutMs: BigInt(given.attemptTimeoutMs ?? declaration.attemptTimeoutMs),
    nodeTimeoutMs: BigInt(given.nodeTimeoutMs ?? 0),
  };
}

function checkRange(place: NodePlace, name: keyof BudgetOptions, value: unknown): void {
  if (value === undefined) return;
  const max = name === "attemptsMax" ? countMax : durationMsMax;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= max) return;
  const what = name === "attemptsMax" ? "a whole number" : "a whole number of milliseconds";
  const shown = typeof value === "number" ? String(value) : JSON.stringify(value);
  throw compileError(
    "bad-parameter",
    place,
    name,
    `"${name}" must be ${what} of at least 1, at most ${max}, not ${shown}`,
  );
}

function checkOrder(
  place: NodePlace,
  given: DraftNode["given"],
  less: keyof BudgetOptions,
  more: keyof BudgetOptions,
): void {
  const [least, most] = [given[less], given[more]];
  if (least === undefined || most === undefined || least <= most) return;
  throw compileError("bad-parameter", place, less, `"${less}" (${least}) must not be more than "${more}" (${most})`);
}
