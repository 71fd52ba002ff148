import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactStore } from "millrace/artifacts";
import { type Event, RunKind } from "millrace/contracts/millrace/event/v1/event.ts";
import type { Artifact } from "millrace/contracts/millrace/metadata/v1/artifact.ts";
import { emptyChain, pipelineChain, pipelineEvent } from "millrace/journal";
import { type AppendedEvent, appendEvent, type Log, newEventId, subjectsOf } from "millrace/log";
import { sourceComponent } from "millrace/model";
import {
  artifact,
  compile,
  dataset,
  declareComponent,
  type Handle,
  node,
  pipeline,
  planDigest,
} from "millrace/pipeline";

/** Steps of the chain that is measured, as many as the standard pipeline has nodes. */
export const stepCount = 9;

/** Name of the pipeline. */
export const chainName = "chain";

/** The component of a step: it takes what the step before writes, and nobody else does. */
export function stepDeclaration(step: number) {
  return declareComponent({
    name: `step-${step}`,
    version: "1",
    inputs: { taken: artifact(step === 0 ? "Dataset" : `Step${step - 1}`) },
    outputs: { written: artifact(`Step${step}`) },
    cache: false,
    // Nothing is computed, so a replica may have many under way.
    slots: 128,
  });
}

/** The chain as a plan. */
export const chainPlan = compile(
  pipeline(chainName, { on: dataset(chainName) }, ({ source }) => {
    let taken: Handle<"Dataset" | `Step${number}`> = source;
    for (let step = 0; step < stepCount; step++) taken = node(stepDeclaration(step))({ taken });
    return { taken };
  }),
  { bundleOf: () => "" },
);

/** Starts runs of the chain. */
export interface ChainStarter {
  /** Commits the dataset of a run: each has its own, so that every step of every run writes something new. */
  commitDataset(run: string): Promise<Artifact>;
  start(run: string, data: Artifact): Promise<void>;
}

/** Registers the chain. */
export async function registerChain(log: Log, store: ArtifactStore): Promise<ChainStarter> {
  const subjects = subjectsOf(log.namespace);
  const digest = planDigest(chainPlan);
  const registered = { plan: chainPlan, planDigest: digest, planArtifactDigest: "", version: 1 };
  const registration: Event = { id: newEventId(), ...pipelineEvent(emptyChain(pipelineChain), registered) };
  const planSequence = sequenceOf(
    await appendEvent(log, subjects.pipeline(chainName), registration, { expectLastSequence: 0 }),
  );
  return {
    commitDataset: (run) => commitDataset(store, run),
    async start(run, data) {
      const started = startedEvent(run, { data, digest, planSequence, planEventId: registration.id });
      const first = { expectLastSequence: 0 };
      const sequence = sequenceOf(await appendEvent(log, subjects.started(chainName, run), started, first));
      const cause = { sequence: BigInt(sequence), eventId: started.id };
      const value = { artifact: data, cause, epoch: 0, planDigest: digest, runKind: RunKind.RUN_KIND_UNSPECIFIED };
      const produced: Event = { id: newEventId(), body: { $case: "artifactProduced", value } };
      const subject = subjects.artifact(chainName, run, sourceComponent, "source", "Dataset", "dataset");
      await appendEvent(log, subject, produced, first);
    },
  };
}

async function commitDataset(store: ArtifactStore, run: string): Promise<Artifact> {
  const staging = await store.stage(run, "dataset");
  await writeFile(join(staging.path, "data.csv"), `run\n${run}\n`);
  return await store.commit(staging, { type: "Dataset" });
}

interface ChainStart {
  readonly data: Artifact;
  readonly digest: string;
  readonly planSequence: number;
  readonly planEventId: string;
}

function startedEvent(run: string, { data, digest, planSequence, planEventId }: ChainStart): Event {
  const value = {
    pipeline: chainName,
    run,
    planDigest: digest,
    planSequence: BigInt(planSequence),
    planEventId,
    datasetSequence: 0n,
    datasetEventDigest: "",
    dataset: data,
    seed: chainPlan.seed,
    options: undefined,
    trigger: "bench",
    planArtifactDigest: "",
  };
  return { id: newEventId(), body: { $case: "runStarted", value } };
}

function sequenceOf(appended: AppendedEvent): number {
  if (appended.kind === "appended") return appended.sequence;
  throw new Error("a bench must have the log to itself");
}
