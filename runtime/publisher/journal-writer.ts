import type { Event } from "../contracts/millrace/event/v1/event.ts";
import type { PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { decide, evolveEvent } from "../journal/mod.ts";
import type { Journal, JournalCommand } from "../journal/mod.ts";
import { appendEvent, newEventId } from "../log/mod.ts";
import type { Log, Subjects } from "../log/mod.ts";
import { readJournalFrom } from "../projections/mod.ts";

/** Repeats of an append that lost only to void messages. */
const voidRepeatsMax = 8;

/** A node of a run: what a journal is of. */
export interface NodeOfRun {
  readonly pipeline: string;
  readonly run: string;
  readonly node: PlanNode;
}

/** How writing a command to a journal ended. */
export type JournalWrite =
  | { readonly kind: "written"; readonly journal: Journal; readonly eventId: string; readonly sequence: number }
  /** Someone else wrote first: read anew and let state decide. */
  | { readonly kind: "lost" }
  | { readonly kind: "refused"; readonly because: string };

/** Subject of a node's journal. */
export function journalSubject(subjects: Subjects, { pipeline, run, node }: NodeOfRun): string {
  return subjects.journal(pipeline, run, node.component, node.name);
}

/**
 * Appends what a command decides to a node's journal, by compare-and-set on the journal it was decided from.
 *
 * What loses only to void messages (a stranger's) is decided anew and repeated; any legal message in between is a
 * lost race, never "refresh the expectation and try again". Source: docs/protocol.md, Publishing (3).
 *
 * @param eventId Id of the event; a claim's is known before it is written, since executions bear it.
 */
export async function writeJournal(
  log: Log,
  subjects: Subjects,
  place: NodeOfRun,
  journal: Journal,
  command: JournalCommand,
  eventId: string = newEventId(),
): Promise<JournalWrite> {
  const subject = journalSubject(subjects, place);
  let from = journal;
  for (let attempt = 0; attempt < voidRepeatsMax; attempt++) {
    const decision = decide(from, command);
    if (decision.kind === "refused") return decision;
    const event: Event = { id: eventId, ...decision.event };
    const appended = await appendEvent(log, subject, event, {
      expectLastSequence: decision.expect,
      source: place.node.component,
    });
    if (appended.kind === "appended") {
      const position = { sequence: appended.sequence, timeMs: log.clock.epochMs() };
      return { kind: "written", journal: evolveEvent(from, event, position), eventId, sequence: appended.sequence };
    }
    const now = await readJournalFrom(log, subject, await log.leaderLastOf(subject));
    if (now.head?.eventId !== from.head?.eventId) return { kind: "lost" };
    from = now;
  }
  return { kind: "lost" };
}
