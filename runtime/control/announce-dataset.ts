import type { Event, Predecessor, RunStarted } from "../contracts/millrace/event/v1/event.ts";
import { RunKind } from "../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { appendEvent, newEventId, subjectsOf } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import { sourceComponent } from "../model/mod.ts";

/**
 * Writes the dataset as a run's first artifact, behind its start; whoever sees a start without it may do so again.
 * Source: docs/protocol.md, Ingest.
 */
export async function announceDataset(log: Log, plan: Plan, started: RunStarted, cause: Predecessor): Promise<void> {
  const { pipeline, run, dataset, planDigest } = started;
  const source = plan.nodes.find(({ component }) => component === sourceComponent);
  const output = source?.outputs[0];
  if (source === undefined || output === undefined || dataset === undefined) return;
  const subjects = subjectsOf(log.namespace);
  const subject = subjects.artifact(pipeline, run, sourceComponent, source.name, output.type, output.name);
  const runKind = started.options?.kind ?? RunKind.RUN_KIND_UNSPECIFIED;
  const value = { artifact: dataset, cause, epoch: 0, planDigest, runKind };
  const event: Event = { id: newEventId(), body: { $case: "artifactProduced", value } };
  await appendEvent(log, subject, event, { expectLastSequence: 0 });
}
