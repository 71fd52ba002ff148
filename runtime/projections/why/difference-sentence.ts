import { CacheMiss } from "../../contracts/millrace/event/v1/event.ts";
import type { PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import type { Execution } from "./execution.ts";
import type { ExecutionDifference } from "./execution-difference.ts";

/** Longest value of a parameter that stands in a sentence; the whole is among the differences. */
const valueCharactersMax = 120;

/** What a claim knows of the cache. */
export interface MissContext {
  readonly miss: CacheMiss;
  readonly node: PlanNode;
  /** Why the entry of this key was revoked; empty if it was not. */
  readonly revoked: string;
  /** The nearest earlier execution, and what it does not share; undefined if there is none. */
  readonly nearest: { readonly execution: Execution; readonly differences: readonly ExecutionDifference[] } | undefined;
}

/** Why a claimed node reused nothing, in words that stand behind a colon. */
export function missReason({ miss, node, revoked, nearest }: MissContext): string {
  switch (miss) {
    case CacheMiss.CACHE_MISS_OFF_FOR_NODE:
      return node.externalEffects
        ? `${node.component} acts outside the store and never reuses`
        : "its pipeline switches the cache off for it";
    case CacheMiss.CACHE_MISS_OFF_FOR_RUN:
      return "the run never uses the cache";
    case CacheMiss.CACHE_MISS_BYTES_GONE:
      return `an earlier execution did the same, but ${revoked || "its bytes are gone from the store"}`;
    case CacheMiss.CACHE_MISS_REVOKED:
      return `the earlier execution that did the same may not be reused: ${revoked || "its entry was revoked"}`;
    case CacheMiss.CACHE_MISS_BLESSING_SUPERSEDED:
      return "the earlier execution that did the same blessed this model, and another has been blessed since";
    default:
      return nearest === undefined
        ? `no ${node.component} had executed before`
        : unlike(nearest.execution, nearest.differences);
  }
}

function unlike(execution: Execution, differences: readonly ExecutionDifference[]): string {
  const name = `run ${execution.run}'s ${execution.node} (message ${execution.last.sequence})`;
  if (differences.length > 0) return `unlike in ${name}, ${differences.map(differenceClause).join("; ")}`;
  if (execution.last.body.$case !== "completed") return `${name} set out to do the same, and had not completed`;
  return execution.cacheKey === ""
    ? `${name} did the same without the cache, and offered nothing to it`
    : `${name} did the same, and had not offered its outcome yet`;
}

/** One difference in words, what is first: `input examples is sha256:… from split.train, and was sha256:…`. */
function differenceClause({ what, name, was, is, isFrom, wasFrom }: ExecutionDifference): string {
  const values = ` is ${shown(is)}, and was ${shown(was)}`;
  switch (what) {
    case "component":
      return `the component${values}`;
    case "component-version":
      return `the component's version${values}`;
    case "backend":
      return `the backend${values}`;
    case "version":
      return `the version of ${name}${values}`;
    case "input": {
      const moved = wasFrom !== "" && wasFrom !== isFrom;
      return `input ${name} is ${shown(is)}${fromWhom(isFrom)}, and was ${shown(was)}${moved ? fromWhom(wasFrom) : ""}`;
    }
    case "input-properties":
      return `input ${name} has properties ${shown(is)}, and had ${shown(was)}`;
    case "parameter":
      return `parameter ${name}${values}`;
    case "code":
      return `code ${name}${isFrom === "" ? "" : ` (${isFrom})`}${values}`;
    case "seed":
      return `the seed${values}`;
    case "outputs":
      return `the set of outputs${values}`;
  }
}

function fromWhom(place: string): string {
  return place === "" ? "" : ` from ${place}`;
}

function shown(value: string | null): string {
  if (value === null) return "nothing";
  return value.length > valueCharactersMax ? `${value.slice(0, valueCharactersMax)}…` : value;
}
