import { RunKind } from "millrace/contracts/millrace/event/v1/event.ts";
import type { DatasetPublished, Event, RunStarted } from "millrace/contracts/millrace/event/v1/event.ts";
import type { Artifact } from "millrace/contracts/millrace/metadata/v1/artifact.ts";
import type { Plan } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { announceDataset } from "millrace/control";
import { decodeEvent } from "millrace/journal";
import type { Registration } from "millrace/journal";
import { appendEvent, newEventId } from "millrace/log";
import type { Log, LogEntry, Subjects } from "millrace/log";
import { datasetEventDigest, runIdOf, Terminal } from "millrace/model";

/** Everything a run is started from. */
export interface RunStart {
  readonly registration: Registration;
  readonly plan: Plan;
  readonly published: DatasetPublished;
  readonly datasetSequence: number;
  readonly dataset: Artifact;
}

/**
 * Starts a run, or goes on with a start that another replica could not finish: `started` is written once, and behind
 * it the dataset as the run's first artifact.
 * @throws {Terminal} `conflict`: the same event id started this pipeline before with other content.
 * Source: docs/protocol.md, Ingest.
 */
export async function startRun(log: Log, subjects: Subjects, start: RunStart): Promise<string> {
  const run = runIdOf(start.plan.pipeline, start.published);
  const started = startedBy(start, run);
  const event: Event = { id: newEventId(), body: { $case: "runStarted", value: started } };
  const subject = subjects.started(started.pipeline, run);
  const appended = await appendEvent(log, subject, event, { expectLastSequence: 0 });
  const cause =
    appended.kind === "appended"
      ? { sequence: BigInt(appended.sequence), eventId: event.id, started }
      : standing(appended.last, started);
  await announceDataset(log, start.plan, cause.started, { sequence: cause.sequence, eventId: cause.eventId });
  return run;
}

/**
 * Goes on with a run's start that stands already: a delivery that comes again, or a log that was imported, needs no
 * file any more.
 * @returns The run's id, or undefined if the event has not started this pipeline.
 * @throws {Terminal} `conflict`, as `startRun`.
 */
export async function goOnWithStart(
  log: Log,
  subjects: Subjects,
  plan: Plan,
  published: DatasetPublished,
): Promise<string | undefined> {
  const run = runIdOf(plan.pipeline, published);
  const last = await log.leaderLastOf(subjects.started(plan.pipeline, run));
  if (last === undefined) return undefined;
  const wanted = { run, datasetEventDigest: datasetEventDigest(published), trigger: triggerOf(published) };
  const { started, ...cause } = standing(last, wanted);
  await announceDataset(log, plan, started, cause);
  return run;
}

function triggerOf({ source, sourceEventId }: DatasetPublished): string {
  return `${source}/${sourceEventId}`;
}

function startedBy({ registration, plan, published, datasetSequence, dataset }: RunStart, run: string): RunStarted {
  return {
    pipeline: plan.pipeline,
    run,
    planDigest: registration.registered.planDigest,
    planSequence: BigInt(registration.sequence),
    planEventId: registration.eventId,
    datasetSequence: BigInt(datasetSequence),
    datasetEventDigest: datasetEventDigest(published),
    dataset,
    seed: plan.seed,
    planArtifactDigest: "",
    options: {
      noCache: published.noCache,
      originRun: "",
      noEffects: false,
      kind: RunKind.RUN_KIND_UNSPECIFIED,
      takenNodes: [],
      pinnedInputs: [],
    },
    trigger: triggerOf(published),
  };
}

function standing(last: LogEntry | undefined, started: Pick<RunStarted, "run" | "trigger" | "datasetEventDigest">) {
  const event = last && decodeEvent(last.data);
  if (last === undefined || event?.body?.$case !== "runStarted")
    throw new Terminal("conflict", `Cannot start run ${started.run}: its subject holds something that is no start`);
  if (event.body.value.datasetEventDigest !== started.datasetEventDigest)
    throw new Terminal(
      "conflict",
      `Cannot take the dataset event ${started.trigger}: an event with this source and id, published as message ${event.body.value.datasetSequence}, started run ${started.run} with other content. Give changed data a new id`,
      { field: "id" },
    );
  return { sequence: BigInt(last.sequence), eventId: event.id, started: event.body.value };
}
