import type { ExecutionReference } from "../../contracts/millrace/event/v1/event.ts";
import type { PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import { parseSubject, subjectsOf } from "../../log/mod.ts";
import type { Log, LogEntry } from "../../log/mod.ts";
import { datasetEventType, isDestination, targetToken } from "../../model/mod.ts";
import { readChainHistory } from "./chain-history.ts";
import { completedOf, lastClaim } from "./execution.ts";
import { factOf, planOfEpoch } from "./run-facts.ts";
import type { Fact, NodeFacts, RunFacts } from "./run-facts.ts";

/** Messages outside of a run, up to a sequence, that led to where a node of it stands. */
export async function readElsewhere(log: Log, facts: RunFacts, node: PlanNode, to: number): Promise<readonly Fact[]> {
  const own = facts.nodes.get(node.name);
  const found = await Promise.all([
    readDataset(log, facts),
    readRegistrations(log, facts),
    own ? readReused(log, own) : [],
    own ? readPinned(log, own) : [],
    own ? readBlessing(log, facts, node, own, to) : [],
    own ? readPushes(log, facts, node, own, to) : [],
  ]);
  return found.flat().filter(({ sequence }) => sequence <= to);
}

/** The last revocation of a cache key before a message. */
export async function readRevocation(
  log: Log,
  component: string,
  key: string,
  before: number,
): Promise<Fact | undefined> {
  const subject = subjectsOf(log.namespace).cache(component, key);
  const entries = await readChainHistory(log, subject, await log.leaderLastOf(subject), before - 1);
  return entries.flatMap((entry) => factOf(entry) ?? []).findLast(({ body }) => body.$case === "cacheRevoked");
}

/** The dataset event; in a log that the run was imported to, another may stand at its sequence, or none. */
async function readDataset(log: Log, { started }: RunFacts): Promise<readonly Fact[]> {
  const sequence = Number(started?.start.datasetSequence ?? 0n);
  const entry = sequence > 0 ? await log.get(sequence) : undefined;
  if (entry === undefined || parseSubject(entry.subject).kind !== "dataset") return [];
  const fact = factOf(entry) ?? cloudEventFact(entry);
  if (fact?.body.$case !== "datasetPublished") return [];
  const { source, sourceEventId } = fact.body.value;
  return started?.start.trigger === `${source}/${sourceEventId}` ? [fact] : [];
}

/** A dataset event that was published as a JSON CloudEvent; ingest has checked it when it started the run. */
function cloudEventFact({ sequence, subject, timeMs, data }: LogEntry): Fact | undefined {
  let json: { readonly id?: unknown; readonly source?: unknown; readonly data?: { readonly uri?: unknown } } | null;
  try {
    json = JSON.parse(Buffer.from(data).toString("utf8")) as typeof json;
  } catch {
    return undefined;
  }
  const value = {
    dataset: "",
    source: textOf(json?.source),
    sourceEventId: textOf(json?.id),
    uri: textOf(json?.data?.uri),
    format: "",
    digest: "",
    span: undefined,
    version: undefined,
    time: "",
    noCache: false,
  };
  const body = { $case: "datasetPublished" as const, value };
  return { sequence, subject, timeMs, type: datasetEventType, eventId: value.sourceEventId, epoch: 0, body };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Registrations of the plans that the run has followed; an imported run's may stand elsewhere and are left out. */
async function readRegistrations(log: Log, facts: RunFacts): Promise<readonly Fact[]> {
  const epochs = Array.from({ length: facts.control.state.epoch + 1 }, (_, epoch) => planOfEpoch(facts, epoch));
  const wanted = new Map(epochs.flatMap((plan) => (plan && plan.sequence > 0n ? [[plan.eventId, plan.sequence]] : [])));
  const found = await Promise.all(
    [...wanted].map(async ([eventId, sequence]) => {
      const entry = await log.get(Number(sequence));
      const fact = entry && factOf(entry);
      return fact?.eventId === eventId ? [fact] : [];
    }),
  );
  return found.flat();
}

/** The execution that did the work of a reused outcome. */
async function readReused(log: Log, own: NodeFacts): Promise<readonly Fact[]> {
  const reused = completedOf(own)?.completed.reused;
  const fact = reused && (await readExecution(log, reused));
  return fact ? [fact] : [];
}

async function readExecution(log: Log, reference: ExecutionReference): Promise<Fact | undefined> {
  const { pipeline, run, component, node, completedSequence, completedEventId } = reference;
  const hinted = await log.get(Number(completedSequence));
  const fact = hinted && factOf(hinted);
  if (fact?.eventId === completedEventId) return fact;
  const subject = subjectsOf(log.namespace).journal(pipeline, run, component, node);
  const entries = await readChainHistory(log, subject, await log.leaderLastOf(subject), Number.MAX_SAFE_INTEGER);
  return entries.flatMap((entry) => factOf(entry) ?? []).find(({ eventId }) => eventId === completedEventId);
}

/** What answered the node's resolved inputs: the blessing of the model it was measured by. */
async function readPinned(log: Log, own: NodeFacts): Promise<readonly Fact[]> {
  const inputs = lastClaim(own)?.claimed.inputs ?? completedOf(own)?.completed.inputs ?? [];
  const pinned = inputs.filter(
    ({ fromNode, artifact, causeSequence }) => fromNode === "" && artifact && causeSequence > 0n,
  );
  const found = await Promise.all(
    pinned.map(async ({ artifact, causeSequence }) => {
      const entry = await log.get(Number(causeSequence));
      const fact = entry && factOf(entry);
      const blesses = fact?.body.$case === "modelBlessed" && fact.body.value.model?.digest === artifact?.digest;
      return blesses ? [fact] : [];
    }),
  );
  return found.flat();
}

/** The blessing that the node gave while it worked. */
async function readBlessing(
  log: Log,
  { pipeline, run }: RunFacts,
  { name }: PlanNode,
  own: NodeFacts,
  to: number,
): Promise<readonly Fact[]> {
  const claim = lastClaim(own);
  const blessed = completedOf(own)?.completed.outputs.some(({ artifact }) => artifact?.properties["blessed"] === "1");
  if (claim === undefined || !blessed) return [];
  const subject = subjectsOf(log.namespace).blessed(pipeline);
  return readBetween(log, subject, own, to, ({ body }) =>
    body.$case === "modelBlessed" ? body.value.run === run && body.value.node === name : false,
  );
}

/** What the node wrote to the destination that it pushes to. */
async function readPushes(
  log: Log,
  { run }: RunFacts,
  { name, externalEffects, parametersJson }: PlanNode,
  own: NodeFacts,
  to: number,
): Promise<readonly Fact[]> {
  const { to: destination } = JSON.parse(parametersJson) as { readonly to?: unknown };
  if (!externalEffects || typeof destination !== "string" || !isDestination(destination)) return [];
  const subject = subjectsOf(log.namespace).target(targetToken(destination));
  return readBetween(log, subject, own, to, ({ body }) => {
    const push =
      body.$case === "pushIntended" || body.$case === "pushed"
        ? body.value.push
        : body.$case === "rolledBack"
          ? body.value.undone
          : undefined;
    return push?.run === run && push.node === name;
  });
}

/** Messages of a subject from the node's first claim to the end of its journal, or, while it is open, to a sequence. */
async function readBetween(
  log: Log,
  subject: string,
  { facts, journal }: NodeFacts,
  last: number,
  wanted: (fact: Fact) => boolean,
): Promise<readonly Fact[]> {
  const from = facts.find(({ body }) => body.$case === "claimed")?.sequence;
  const to = journal.phase === "claimed" ? last : (facts.at(-1)?.sequence ?? last);
  if (from === undefined) return [];
  const found: Fact[] = [];
  for await (const entry of log.read([subject], { from, to })) {
    const fact = factOf(entry);
    if (fact && wanted(fact)) found.push(fact);
  }
  return found;
}
