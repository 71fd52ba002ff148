import type { ArtifactStore } from "millrace/artifacts";
import type { Plan } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { type Log, subjectsOf } from "millrace/log";
import { isDestination, targetToken, Terminal } from "millrace/model";
import { readRegisteredPlans } from "./registered-plans.ts";

/** Where models are pushed to, and its subject token. */
export interface NamedDestination {
  readonly destination: string;
  readonly token: string;
}

/**
 * The destination that a name means: the one that a pipeline of that name pushes to, or itself.
 * @throws {Terminal} `several-destinations`: the pipeline has more than one; `unknown-destination`: nothing was pushed
 * there, and no pipeline pushes there.
 */
export async function findDestination(
  log: Log,
  store: ArtifactStore,
  name: string,
  to: number,
): Promise<NamedDestination> {
  const plans = await readRegisteredPlans(log, store, to);
  const own = plans.filter(({ pipeline }) => pipeline === name).flatMap(({ plan }) => destinationsOf(plan));
  const [only, ...others] = own;
  if (only !== undefined && others.length === 0) return named(only);
  if (only !== undefined)
    throw new Terminal(
      "several-destinations",
      `Cannot tell which destination of pipeline "${name}" is meant: it pushes to ${own.join(", ")}. Name one of them`,
    );
  const known = [...new Set(plans.flatMap(({ plan }) => destinationsOf(plan)))];
  if (known.includes(name)) return named(name);
  const pushed =
    isDestination(name) && (await log.leaderLastOf(subjectsOf(log.namespace).target(targetToken(name)))) !== undefined;
  if (pushed) return named(name);
  throw new Terminal(
    "unknown-destination",
    `Cannot show what "${name}" serves: no pipeline of that name pushes, and nothing was pushed there (known: ${known.join(", ") || "none"})`,
  );
}

function named(destination: string): NamedDestination {
  return { destination, token: targetToken(destination) };
}

/** Where a plan's pushers push to. */
function destinationsOf({ nodes }: Plan): readonly string[] {
  const pushers = nodes.filter(({ externalEffects }) => externalEffects);
  const given = pushers.map(({ parametersJson }) => (JSON.parse(parametersJson) as { readonly to?: unknown }).to);
  return [...new Set(given.filter((to): to is string => typeof to === "string" && isDestination(to)))];
}
