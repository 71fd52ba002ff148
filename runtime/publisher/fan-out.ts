import type { Event, Predecessor, RunKind } from "../contracts/millrace/event/v1/event.ts";
import type { FanOut, FanOutItem } from "../driver/mod.ts";
import { fanOutFrom } from "../driver/mod.ts";
import { decodeEvent } from "../journal/mod.ts";
import type { Journal } from "../journal/mod.ts";
import { appendEvent, newEventId } from "../log/mod.ts";
import type { Log, LogEntry, Subjects } from "../log/mod.ts";
import type { NodeOfRun } from "./journal-writer.ts";

/** Replacements of what an earlier epoch left on an artifact subject. */
const replacementsMax = 4;

export interface FanOutWrite {
  readonly epoch: number;
  readonly planDigest: string;
  readonly runKind: RunKind;
  /** What stands on each output's subject, as it was read; absent outputs are taken as never written. */
  readonly standing: ReadonlyMap<string, FanOut>;
}

/**
 * Writes the messages behind an outcome, all at once: each output produced or voided. Whoever of the component's
 * replicas sees them missing may write them again; what stands already is left alone.
 * Source: docs/protocol.md, Claim, work, outcome (4).
 */
export async function writeFanOut(
  log: Log,
  subjects: Subjects,
  place: NodeOfRun,
  journal: Journal,
  items: readonly FanOutItem[],
  write: FanOutWrite,
): Promise<void> {
  const cause = journal.head && { sequence: BigInt(journal.head.sequence), eventId: journal.head.eventId };
  await Promise.all(items.map((item) => writeItem(log, subjects, place, item, cause, write)));
}

async function writeItem(
  log: Log,
  subjects: Subjects,
  { pipeline, run, node }: NodeOfRun,
  item: FanOutItem,
  cause: Predecessor | undefined,
  { epoch, planDigest, runKind, standing }: FanOutWrite,
): Promise<void> {
  const subject = subjects.artifact(pipeline, run, node.component, node.name, item.type, item.output);
  let expectLastSequence = standing.get(item.output)?.sequence ?? 0;
  for (let attempt = 0; attempt < replacementsMax; attempt++) {
    const event: Event = { id: newEventId(), body: bodyOf(item, cause, { epoch, planDigest, runKind }) };
    const appended = await appendEvent(log, subject, event, { expectLastSequence });
    if (appended.kind === "appended") return;
    if (standsAlready(appended.last, cause, epoch)) return;
    expectLastSequence = appended.last?.sequence ?? 0;
  }
}

function bodyOf(
  item: FanOutItem,
  cause: Predecessor | undefined,
  { epoch, planDigest, runKind }: Omit<FanOutWrite, "standing">,
): Event["body"] {
  return item.produced
    ? { $case: "artifactProduced", value: { artifact: item.produced, cause, epoch, planDigest, runKind } }
    : { $case: "artifactVoided", value: { cause, epoch, reason: item.reason } };
}

/** Another replica wrote the same, or the run is in a later epoch by now. */
function standsAlready(last: LogEntry | undefined, cause: Predecessor | undefined, epoch: number): boolean {
  const body = last && decodeEvent(last.data)?.body;
  const later = (body?.$case === "artifactProduced" || body?.$case === "artifactVoided") && body.value.epoch > epoch;
  return later || fanOutFrom(last).causeEventId === cause?.eventId;
}
