import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { Event } from "millrace/contracts/millrace/event/v1/event.ts";

// Reads the log by itself, with a NATS client and the contract alone, so that no fold of the library is trusted to find
// its own mistakes.

/** A message as it stands in the stream. */
export interface Message {
  readonly sequence: number;
  readonly subject: string;
  readonly event: Event;
}

/** What a run came to, as far as the log says. */
export interface AuditedRun {
  readonly pipeline: string;
  readonly run: string;
  /** Types of its outcomes; one, if all is well. */
  readonly outcomes: string[];
  /** Digests by "node.output", of what its journals say is completed. */
  readonly digests: Map<string, string>;
  /** Journals by node, in order. */
  readonly journals: Map<string, Message[]>;
  /** Last message of each artifact subject, by "node.output". */
  readonly fanOut: Map<string, Message[]>;
}

/** The whole log, sorted by what it is about. */
export interface AuditedLog {
  readonly messages: number;
  readonly runs: ReadonlyMap<string, AuditedRun>;
  /** Chains other than journals, by subject: controls, outcomes, blessings, destinations, caches. */
  readonly chains: ReadonlyMap<string, readonly Message[]>;
  /** Messages that are no event. */
  readonly foreign: readonly { readonly sequence: number; readonly subject: string }[];
  /** Every message's bytes as text, to look for digests in. */
  readonly text: readonly string[];
}

/** Reads all there is now. */
export async function readWholeLog(natsUrl: string, stream = "mr"): Promise<AuditedLog> {
  const connection = await connect({ servers: natsUrl });
  const runs = new Map<string, AuditedRun>();
  const chains = new Map<string, Message[]>();
  const foreign: { sequence: number; subject: string }[] = [];
  const text: string[] = [];
  try {
    const consumer = await jetstream(connection).consumers.get(stream);
    const { num_pending: total } = await consumer.info();
    if (total > 0) {
      for await (const { subject, seq: sequence, data } of await consumer.consume({ max_messages: 1_000 })) {
        const event = decoded(data);
        if (event === undefined) foreign.push({ sequence, subject });
        else sort(runs, chains, { sequence, subject, event });
        text.push(Buffer.from(data).toString("latin1"));
        if (text.length === total) break;
      }
    }
  } finally {
    await connection.close();
  }
  return { messages: text.length, runs, chains, foreign, text };
}

function decoded(data: Uint8Array): Event | undefined {
  try {
    const event = Event.decode(data);
    return /^[0-9a-f]{32}$/.test(event.id) ? event : undefined;
  } catch {
    return undefined;
  }
}

function sort(runs: Map<string, AuditedRun>, chains: Map<string, Message[]>, message: Message): void {
  const [, kind, pipeline = "", run = "", , node = "", what, , output] = message.subject.split(".");
  if (kind === "run" && what === "journal") {
    const audited = runOf(runs, pipeline, run);
    push(audited.journals, node, message);
    if (message.event.body?.$case !== "completed") return;
    for (const { name, artifact } of message.event.body.value.outputs)
      audited.digests.set(`${node}.${name}`, artifact?.digest ?? "");
    return;
  }
  if (kind === "run" && what === "artifact")
    return push(runOf(runs, pipeline, run).fanOut, `${node}.${output}`, message);
  if (kind === "run" && what === "outcome") runOf(runs, pipeline, run).outcomes.push(message.event.body?.$case ?? "");
  push(chains, message.subject, message);
}

function runOf(runs: Map<string, AuditedRun>, pipeline: string, run: string): AuditedRun {
  const known = runs.get(run);
  if (known !== undefined) return known;
  const fresh = { pipeline, run, outcomes: [], digests: new Map(), journals: new Map(), fanOut: new Map() };
  runs.set(run, fresh);
  return fresh;
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
