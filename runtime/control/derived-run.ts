import type { Event, RunOptions, RunStarted } from "../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { appendEvent, newEventId, subjectsOf } from "../log/mod.ts";
import { Retryable, Terminal } from "../model/mod.ts";
import { announceDataset } from "./announce-dataset.ts";
import type { Origin, OriginContext } from "./origin.ts";

/** What deriving a run from another needs. */
export interface DerivingContext extends OriginContext {
  /** Whether an artifact's bytes are in the store. */
  readonly has: (digest: string) => Promise<boolean>;
}

/** A run that was derived from another, and started. */
export interface DerivedRun {
  readonly run: string;
  readonly pipeline: string;
  /** The run it is derived from. */
  readonly of: string;
  /** Sequence of its RunStarted. */
  readonly sequence: number;
}

/** Bytes that a run cannot do without, and what people know them as. */
export interface NeededArtifact {
  readonly digest: string;
  readonly what: string;
}

/** The plan that a derived run follows, and where it is. */
export type PlanPlace = Pick<RunStarted, "planDigest" | "planSequence" | "planEventId" | "planArtifactDigest">;

/**
 * Starts a run on another's dataset and seed. Its id is random: asking twice makes two. Should the caller die behind the
 * start, ingest writes what is missing.
 * Source: docs/protocol.md, Runs from runs.
 */
export async function startDerivedRun(
  { log }: DerivingContext,
  { started: origin, dataset }: Origin,
  plan: Plan,
  place: PlanPlace,
  { trigger, options }: Pick<RunStarted, "trigger"> & { readonly options: RunOptions },
): Promise<DerivedRun> {
  const { pipeline, datasetSequence, datasetEventDigest, seed } = origin;
  const run = newEventId();
  const started: RunStarted = {
    ...place,
    pipeline,
    run,
    datasetSequence,
    datasetEventDigest,
    dataset,
    seed,
    trigger,
    options,
  };
  const event: Event = { id: newEventId(), body: { $case: "runStarted", value: started } };
  const subject = subjectsOf(log.namespace).started(pipeline, run);
  const appended = await appendEvent(log, subject, event, { expectLastSequence: 0 });
  if (appended.kind === "lost")
    throw new Retryable("conflict", `Cannot start run ${run}: its id must be new, and a run has it. Try again`);
  const { sequence } = appended;
  await announceDataset(log, plan, started, { sequence: BigInt(sequence), eventId: event.id });
  return { run, pipeline, of: options.originRun, sequence };
}

/** What every run of a plan on a dataset reads: the dataset, the plan if it is an artifact, and its nodes' code. */
export function neededBy({ dataset, reference }: Origin, plan: Plan, nodes: ReadonlySet<string>): NeededArtifact[] {
  const code = plan.nodes
    .filter(({ name }) => nodes.has(name))
    .flatMap((node) =>
      node.code.map(({ digest, parameter }) => ({ digest, what: `function ${parameter} of node ${node.name}` })),
    );
  const held = reference.artifactDigest === "" ? [] : [{ digest: reference.artifactDigest, what: "plan" }];
  return [{ digest: dataset.digest, what: "dataset" }, ...held, ...code];
}

/**
 * Refuses to start what could not go on.
 * @param action For the message, for example `Cannot reproduce run r`.
 * @throws {Terminal} `artifact-missing`, naming the first that is.
 */
export async function assertThere(
  { has }: DerivingContext,
  action: string,
  needed: readonly NeededArtifact[],
): Promise<void> {
  for (const { digest, what } of needed) {
    if (await has(digest)) continue;
    throw new Terminal(
      "artifact-missing",
      `${action}: the ${what}, artifact ${digest}, must be in the store, and its bytes are gone`,
    );
  }
}
