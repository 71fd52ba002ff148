import type { SentenceContext } from "./sentence.ts";
import { sentenceOf } from "./sentence.ts";
import { ancestorsOf, lastFactIn, verdictOf } from "./evidence.ts";
import type { Evidence } from "./evidence.ts";
import { missReason } from "./difference-sentence.ts";
import type { Fact } from "./run-facts.ts";

/** One message that had a part in where a node stands. */
export interface Cause {
  readonly sequence: number;
  readonly subject: string;
  /** CloudEvents type, for example `millrace.completed.v1`. */
  readonly type: string;
  readonly sentence: string;
}

/**
 * The chain of messages that brought a node where it stands, ascending by sequence: from the dataset and the plan's
 * registration over what it comes after, or what kept it from coming, to the last that its own journal says. Pure.
 */
export function causesOf(evidence: Evidence): readonly Cause[] {
  const facts = [...evidence.elsewhere, ...factsOfRun(evidence)];
  const unique = new Map(facts.map((fact) => [fact.sequence, fact]));
  const context = sentenceContext(evidence);
  return [...unique.values()]
    .sort((a, b) => a.sequence - b.sequence)
    .map((fact) => ({
      sequence: fact.sequence,
      subject: fact.subject,
      type: fact.type,
      sentence: sentenceOf(fact, context),
    }));
}

/** What sentences about this run's messages say beside them. */
export function sentenceContext({ facts, plan, cache }: Evidence): SentenceContext {
  return {
    run: facts.run,
    attemptsMax: (name) => plan.nodes.find((node) => node.name === name)?.retry?.attemptsMax ?? 0,
    missOf: (fact) => {
      const node = plan.nodes.find(({ name }) => fact.subject.endsWith(`.${name}.journal`));
      return cache?.claim === fact && node ? missReason({ ...cache, node }) : "";
    },
    attemptOf: (fact) =>
      [...facts.nodes.values()]
        .flatMap((node) => (node.facts.includes(fact) ? node.facts : []))
        .filter(
          ({ body, epoch, sequence }) => body.$case === "claimed" && epoch === fact.epoch && sequence < fact.sequence,
        ).length,
  };
}

function factsOfRun(evidence: Evidence): readonly Fact[] {
  const { facts, node } = evidence;
  const { epoch } = facts.control.state;
  const own = facts.nodes.get(node.name)?.facts ?? [];
  const epochs = new Set([...own.map((fact) => fact.epoch), ...(isOpen(evidence) ? [epoch] : [])]);
  const before = [...epochs].flatMap((at) => Array.from(upstream(evidence, at)));
  const endedBefore = facts.outcomes.filter((outcome) => outcome.epoch < epoch);
  const judged = own.length > 0 ? facts.verdicts.slice(-1) : [];
  const started = facts.started ? [facts.started] : [];
  return [...started, ...before, ...own, ...controlFacts(evidence, own), ...endedBefore, ...judged];
}

function isOpen(evidence: Evidence): boolean {
  return ["waiting", "ready", "running", "retrying"].includes(verdictOf(evidence, evidence.node));
}

/** What the nodes that this one comes after said last in an epoch; of a skipped node only what voided its input. */
function* upstream(evidence: Evidence, epoch: number): Generator<Fact> {
  const { facts, plan, node } = evidence;
  const own = lastFactIn(facts, node.name, epoch);
  if (own?.body.$case === "skipped") return yield* voidedBy(evidence, own, epoch);
  for (const { name } of ancestorsOf(plan, node)) {
    const fact = lastFactIn(facts, name, epoch);
    if (fact) yield fact;
  }
}

/** From a skipped node back to the one that failed, was cancelled, or left its output out. */
export function* voidedBy({ facts }: Pick<Evidence, "facts">, skipped: Fact, epoch: number): Generator<Fact> {
  const seen = new Set<string>();
  for (let fact: Fact | undefined = skipped; fact?.body.$case === "skipped";) {
    const { causeNode } = fact.body.value;
    if (seen.has(causeNode)) return;
    seen.add(causeNode);
    fact = lastFactIn(facts, causeNode, epoch);
    if (fact) yield fact;
  }
}

/** Resumes; cancels before the node's last word; and nudges that led to a claim or still may. */
function controlFacts(evidence: Evidence, own: readonly Fact[]): readonly Fact[] {
  const open = isOpen(evidence);
  const lastWord = own.at(-1)?.sequence ?? 0;
  const triggers = new Set(
    own.flatMap(({ body }) => (body.$case === "claimed" ? [Number(body.value.triggerSequence)] : [])),
  );
  return evidence.facts.controls.filter(({ body, sequence }) => {
    if (body.$case === "resumed") return open || sequence < lastWord;
    if (body.$case === "cancelRequested") return open || sequence < lastWord;
    return triggers.has(sequence) || (open && sequence > lastWord);
  });
}
