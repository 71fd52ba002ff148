import { RunKind } from "millrace/contracts/millrace/event/v1/event.ts";
import type { DatasetPublished, Event, RunStarted } from "millrace/contracts/millrace/event/v1/event.ts";
import type { Artifact } from "millrace/contracts/millrace/metadata/v1/artifact.ts";
import type { Plan } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { announceDataset } from "millrace/control";
import type { Registration, Start } from "millrace/journal";
import { appendEvent, newEventId } from "millrace/log";
import type { Log, Subjects } from "millrace/log";
import { datasetEventDigest, runIdOf, Terminal } from "millrace/model";
import { readStart } from "millrace/projections";

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
  const subject = subjects.started(started.pipeline, run);
  const event: Event = { id: newEventId(), body: { $case: "runStarted", value: started } };
  let expectLastSequence = 0;
  for (;;) {
    const appended = await appendEvent(log, subject, event, { expectLastSequence });
    if (appended.kind === "appended") {
      const cause = { sequence: BigInt(appended.sequence), eventId: event.id };
      await announceDataset(log, start.plan, started, cause);
      return run;
    }
    const standing = await readStart(log, subject, appended.last);
    if (standing !== undefined) {
      await goOn(log, start.plan, standing, started);
      return run;
    }
    // What is there is a stranger's and starts nothing.
    expectLastSequence = appended.last?.sequence ?? 0;
  }
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
  const subject = subjects.started(plan.pipeline, run);
  const standing = await readStart(log, subject, await log.leaderLastOf(subject));
  if (standing === undefined) return undefined;
  await goOn(log, plan, standing, {
    run,
    datasetEventDigest: datasetEventDigest(published),
    trigger: triggerOf(published),
  });
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

/** Writes what a start's writer may have died before, if the start is of the same event. */
async function goOn(
  log: Log,
  plan: Plan,
  { started, sequence, eventId }: Start,
  wanted: Pick<RunStarted, "run" | "trigger" | "datasetEventDigest">,
): Promise<void> {
  if (started.datasetEventDigest !== wanted.datasetEventDigest)
    throw new Terminal(
      "conflict",
      `Cannot take the dataset event ${wanted.trigger}: an event with this source and id, published as message ${started.datasetSequence}, started run ${wanted.run} with other content. Give changed data a new id`,
      { field: "id" },
    );
  await announceDataset(log, plan, started, { sequence: BigInt(sequence), eventId });
}
