import type { PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import { sourceComponent } from "../../model/mod.ts";
import { sentenceContext, voidedBy } from "./causes.ts";
import { missReason } from "./difference-sentence.ts";
import { journalOf, lastFactIn, unsettledProducers, verdictOf } from "./evidence.ts";
import type { Evidence } from "./evidence.ts";
import { ended, iso, sentenceCase, sentenceOf } from "./sentence.ts";

/** Where a node stands and why, for people: what `causes` say one by one. Pure. */
export function summaryOf(evidence: Evidence): string {
  const { facts, node } = evidence;
  const cancelled = facts.controls.findLast(({ body }) => body.$case === "cancelRequested");
  const open = ["waiting", "ready", "running", "retrying"].includes(verdictOf(evidence, node));
  const asked = open && facts.control.state.cancelRequested && cancelled;
  return `${standing(evidence)}${asked ? ` A cancel was asked for (message ${cancelled.sequence}).` : ""}`;
}

function standing(evidence: Evidence): string {
  const { facts, node, plan } = evidence;
  const { name, component } = node;
  if (component === sourceComponent)
    return facts.started
      ? `${name} is the run's dataset, and ran when the run was started.`
      : `${name} has not started.`;
  const journal = journalOf(facts, name);
  const last = facts.nodes.get(name)?.facts.at(-1);
  const said = last ? sentenceOf(last, sentenceContext(evidence)) : "";
  switch (verdictOf(evidence, node)) {
    case "ran":
      return ended(`${name} ran${missClause(evidence)}${attemptsClause(journal.attempts)}`) + noteOf(evidence);
    case "taken":
      return `${name} was taken as it is from run ${journal.completed?.reused?.run}, which this run forks.`;
    case "skipped": {
      const root = last && [...voidedBy(evidence, last, last.epoch)].at(-1);
      return `${said}${root ? ` ${sentenceOf(root, sentenceContext(evidence))}` : ""}`;
    }
    case "reused":
    case "failed":
    case "cancelled":
      return said;
    case "running":
      return `${ended(runningText(evidence, node))}${missSentence(evidence)}`;
    case "retrying":
      return dueText(evidence, said);
    case "waiting": {
      const missing = unsettledProducers({ facts, plan }, node).map((producer) => producer.name);
      const blockers = [...blockersOf(evidence, node, new Set())].map((text) => ended(text));
      return `${name} waits for ${missing.join(" and ")}. ${blockers.join(" ")}`;
    }
    case "ready":
      return `${ended(readyText(node))} They may all be busy, or none runs: \`millrace doctor\` tells.`;
  }
}

function missClause({ cache, node }: Evidence): string {
  return cache ? `, and reused nothing: ${missReason({ ...cache, node })}` : "";
}

function missSentence({ cache, node }: Evidence): string {
  return cache ? ` It reused nothing: ${missReason({ ...cache, node })}.` : "";
}

function attemptsClause(attempts: number): string {
  return attempts > 1 ? `. It took ${attempts} attempts` : "";
}

function noteOf({ facts, node }: Evidence): string {
  const note = journalOf(facts, node.name).completed?.note ?? "";
  return note === "" ? "" : ` ${ended(sentenceCase(note))}`;
}

function runningText({ facts, nowMs }: Evidence, { name, retry }: PlanNode): string {
  const { claim, attempts } = journalOf(facts, name);
  const since = claim ? ` since ${iso(claim.timeMs)} (${inWords(nowMs - claim.timeMs)})` : "";
  const allowed = retry?.attemptsMax ? ` of ${retry.attemptsMax}` : "";
  return `${name} is running${since}, attempt ${attempts}${allowed}`;
}

function dueText({ facts, node, nowMs }: Evidence, said: string): string {
  const { dueMs = 0 } = journalOf(facts, node.name);
  return dueMs < nowMs ? `${said} That was ${inWords(nowMs - dueMs)} ago: it is waiting to be claimed.` : said;
}

function readyText({ name, component }: PlanNode): string {
  return `All inputs of ${name} are there, and no replica of ${component} has claimed it`;
}

/** The nodes that hold a waiting one up, each with what it does. */
function* blockersOf(evidence: Evidence, node: PlanNode, seen: Set<string>): Generator<string> {
  const { facts, plan } = evidence;
  for (const producer of unsettledProducers({ facts, plan }, node)) {
    if (seen.has(producer.name)) continue;
    seen.add(producer.name);
    const verdict = verdictOf(evidence, producer);
    if (verdict === "waiting") yield* blockersOf(evidence, producer, seen);
    else if (verdict === "running") yield runningText(evidence, producer);
    else if (verdict === "ready") yield readyText(producer);
    else {
      const fact = lastFactIn(facts, producer.name, facts.control.state.epoch);
      if (fact) yield sentenceOf(fact, sentenceContext(evidence));
    }
  }
}

/** A duration for people. */
function inWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
