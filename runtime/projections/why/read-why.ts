import { CacheMiss } from "../../contracts/millrace/event/v1/event.ts";
import type { Plan, PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import { subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { sourceComponent, Terminal } from "../../model/mod.ts";
import { ancestorsOf } from "./evidence.ts";
import type { CacheEvidence, Evidence } from "./evidence.ts";
import { executionDifferences } from "./execution-difference.ts";
import { executionOf, lastClaim } from "./execution.ts";
import { explainNode } from "./explain-node.ts";
import type { Why } from "./explain-node.ts";
import { nearestExecution } from "./nearest-execution.ts";
import { readElsewhere, readRevocation } from "./read-elsewhere.ts";
import { readFactsOf } from "./read-facts.ts";
import type { LoadPlan } from "./read-facts.ts";
import { planOfEpoch } from "./run-facts.ts";
import type { Fact, RunFacts } from "./run-facts.ts";

/** What is asked: a node of a run, as of a moment. */
export interface WhyQuestion {
  readonly pipeline: string;
  readonly run: string;
  readonly node: string;
  /** Last sequence of the log that counts. */
  readonly to: number;
  /** Time of that moment, Unix epoch milliseconds. */
  readonly nowMs: number;
}

/**
 * Why a node of a run stands where it stands. Reads exact subjects only, and goes back through the log no further than
 * to the nearest earlier execution of the component.
 * @throws {Terminal} `run-not-started`; `unknown-node`, listing the run's nodes; `plan-missing`.
 */
export async function readWhy(
  log: Log,
  load: LoadPlan,
  { pipeline, run, node: name, to, nowMs }: WhyQuestion,
): Promise<Why> {
  const base = await readFactsOf(log, pipeline, run, [], to);
  const plan = await load(planReferenceOf(base));
  const node = plan.nodes.find((other) => other.name === name);
  if (node === undefined) throw unknownNode(run, name, plan);
  const { journal } = subjectsOf(log.namespace);
  const journals = [...ancestorsOf(plan, node), node]
    .filter(({ component }) => component !== sourceComponent)
    .map((other) => journal(pipeline, run, other.component, other.name));
  const facts = await readFactsOf(log, pipeline, run, journals, to);
  const [claimed, outside] = await Promise.all([
    readCache(log, load, facts, node),
    readElsewhere(log, facts, node, to),
  ]);
  const evidence: Omit<Evidence, "elsewhere"> = { facts, plan, node, cache: claimed?.cache, nowMs, atSequence: to };
  const elsewhere = [...outside, ...(claimed?.facts ?? [])];
  return explainNode({ ...evidence, elsewhere });
}

function planReferenceOf(facts: RunFacts) {
  const reference = planOfEpoch(facts, facts.control.state.epoch);
  if (reference) return reference;
  throw new Terminal("run-not-started", `Cannot explain run ${facts.run}: its start cannot be read`);
}

function unknownNode(run: string, name: string, { nodes }: Plan): Terminal {
  const known = nodes.map((node) => node.name).join(", ");
  return new Terminal("unknown-node", `Cannot explain ${name}: run ${run} has no such node. It has ${known}`);
}

/** What the cache said to the node's last claim, and the messages that show it. */
async function readCache(
  log: Log,
  load: LoadPlan,
  facts: RunFacts,
  { name, component }: PlanNode,
): Promise<{ readonly cache: CacheEvidence; readonly facts: readonly Fact[] } | undefined> {
  const node = facts.nodes.get(name);
  const last = node && lastClaim(node);
  if (node === undefined || last === undefined) return undefined;
  const { fact: claim, claimed } = last;
  const { cacheMiss: miss, cacheKey: key } = claimed;
  const evidence: CacheEvidence = { claim, miss, key, revoked: "", nearest: undefined };
  if (miss === CacheMiss.CACHE_MISS_BYTES_GONE || miss === CacheMiss.CACHE_MISS_REVOKED) {
    const revocation = await readRevocation(log, component, key, claim.sequence);
    const revoked = revocation?.body.$case === "cacheRevoked" ? revocation.body.value.reason : "";
    return { cache: { ...evidence, revoked }, facts: revocation ? [revocation] : [] };
  }
  const asked = miss === CacheMiss.CACHE_MISS_NO_ENTRY || (miss === CacheMiss.CACHE_MISS_UNSPECIFIED && key !== "");
  const reference = planOfEpoch(facts, claim.epoch);
  const then = reference && (await load(reference)).nodes.find((other) => other.name === name);
  const own = then && executionOf(facts, { ...node, facts: node.facts.slice(0, node.facts.indexOf(claim) + 1) }, then);
  if (!asked || own === undefined) return { cache: evidence, facts: [] };
  const place = { pipeline: facts.pipeline, run: facts.run, component, node: name };
  const execution = await nearestExecution(log, load, place, claim.sequence);
  if (execution === undefined) return { cache: evidence, facts: [] };
  const differences = executionDifferences(execution.basis, own.basis);
  return { cache: { ...evidence, nearest: { execution, differences } }, facts: [execution.last] };
}
