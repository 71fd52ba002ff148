import { blessedChain, controlChain, decodeEvent, outcomeChain } from "../journal/mod.ts";
import type { Chain, ChainKind } from "../journal/mod.ts";
import type { Log, LogEntry, Subjects } from "../log/mod.ts";
import { readChainFrom, readJournalFrom, readLastFresh, readStart } from "../projections/mod.ts";
import { producersOf, readsBlessings } from "./snapshot.ts";
import type { FanOut, PlacedNode, Snapshot } from "./snapshot.ts";

export interface ReadRequest {
  readonly pipeline: string;
  readonly run: string;
  readonly placed: PlacedNode;
  /** The snapshot must hold everything up to this sequence. */
  readonly atLeast: number;
  /** Delivered before: an earlier holder may have written since, so the leader says how far to read. */
  readonly redelivered: boolean;
}

/**
 * Reads a run as one node's driver needs it: one `multi_last` request in the ordinary case.
 * @returns undefined if the run was never started.
 * Source: docs/protocol.md, Reading a run.
 */
export async function readRun(log: Log, subjects: Subjects, request: ReadRequest): Promise<Snapshot | undefined> {
  const names = subjectsOfNode(subjects, request);
  const atLeast = request.redelivered ? await leaderSequence(log, names, request.atLeast) : request.atLeast;
  const entries = await readLastFresh(log, Object.values(names).flat(), atLeast);
  return assemble(log, request, names, entries);
}

type Names = ReturnType<typeof subjectsOfNode>;

function subjectsOfNode(subjects: Subjects, { pipeline, run, placed }: ReadRequest) {
  const { node } = placed;
  const journalOf = (component: string, name: string): string => subjects.journal(pipeline, run, component, name);
  return {
    own: [journalOf(node.component, node.name)],
    producers: producersOf(placed).map(({ component, name }) => journalOf(component, name)),
    fanOut: node.outputs.map(({ name, type }) =>
      subjects.artifact(pipeline, run, node.component, node.name, type, name),
    ),
    started: [subjects.started(pipeline, run)],
    outcome: [subjects.outcome(pipeline, run)],
    blessed: readsBlessings(placed) ? [subjects.blessed(pipeline)] : [],
    control: [subjects.control(pipeline, run)],
  };
}

/** The later of what is asked and what the leader last saw of the node's own journal and the run's control. */
async function leaderSequence(log: Log, names: Names, atLeast: number): Promise<number> {
  const last = await Promise.all([...names.own, ...names.control].map((subject) => log.leaderLastOf(subject)));
  return Math.max(atLeast, ...last.map((entry) => entry?.sequence ?? 0));
}

async function assemble(
  log: Log,
  { pipeline, run, placed }: ReadRequest,
  names: Names,
  entries: ReadonlyMap<string, LogEntry>,
): Promise<Snapshot | undefined> {
  const at = (subject: string | undefined): LogEntry | undefined =>
    subject === undefined ? undefined : entries.get(subject);
  const start = await readStart(log, names.started[0] ?? "", at(names.started[0]));
  if (start === undefined) return undefined;

  const chain = <State>(kind: ChainKind<State>, subject: string | undefined): Promise<Chain<State>> =>
    readChainFrom(log, kind, subject, at(subject));
  const nodes = [placed.node, ...producersOf(placed)];
  const subjectsOfJournals = [...names.own, ...names.producers];
  const journals = await Promise.all(
    nodes.map(async ({ name }, index) => {
      const subject = subjectsOfJournals[index] ?? "";
      return [name, await readJournalFrom(log, subject, at(subject))] as const;
    }),
  );
  return {
    pipeline,
    run,
    started: start.started,
    startedSequence: start.sequence,
    startedEventId: start.eventId,
    control: await chain(controlChain, names.control[0]),
    outcome: await chain(outcomeChain, names.outcome[0]),
    journals: new Map(journals),
    fanOut: new Map(placed.node.outputs.map(({ name }, index) => [name, fanOutFrom(at(names.fanOut[index]))])),
    blessed: await chain(blessedChain, names.blessed[0]),
  };
}

/** What stands on an artifact subject, from its last message. */
export function fanOutFrom(entry: LogEntry | undefined): FanOut {
  if (entry === undefined) return { sequence: 0, kind: "none", causeEventId: undefined };
  const body = decodeEvent(entry.data)?.body;
  if (body?.$case !== "artifactProduced" && body?.$case !== "artifactVoided")
    return { sequence: entry.sequence, kind: "none", causeEventId: undefined };
  const kind = body.$case === "artifactProduced" ? "produced" : "voided";
  return { sequence: entry.sequence, kind, causeEventId: body.value.cause?.eventId };
}
