import { type ArtifactStore, planReader } from "millrace/artifacts";
import { createPlans } from "millrace/driver";
import { effectivePlan } from "millrace/journal";
import type { Log } from "millrace/log";
import { subjectsOf } from "millrace/log";
import { Terminal } from "millrace/model";
import {
  findRun,
  foldRun,
  type FoundRun,
  type ReadAt,
  readRetentionsOf,
  type RunFold,
  type RunView,
  viewRun,
} from "millrace/projections";
import type { Plan } from "millrace/contracts/millrace/metadata/v1/plan.ts";

/** A run with its plan, as of a sequence. */
export interface ReadRun {
  readonly fold: RunFold;
  readonly plan: Plan;
  readonly view: RunView;
}

/** A moment to read a run at. */
export type RunAt = ReadAt & {
  readonly to: number;
  /** What time it was; default now. Unix epoch milliseconds. */
  readonly nowMs?: number;
};

/** Reads a run. @param name Its id, the beginning of it, or `latest`. */
export async function readRun(log: Log, store: ArtifactStore, name: string, at: RunAt): Promise<ReadRun> {
  const { to, nowMs = log.clock.epochMs() } = at;
  const fold = await readFold(log, await findRun(log, name, at), to);
  const plan = await planOf(log, store, fold);
  const made = [...fold.nodes.values()].flatMap(({ journal }) => journal.completed?.outputs ?? []);
  const digests = made.flatMap(({ artifact }) => (artifact ? [artifact.digest] : []));
  const retentions = await readRetentionsOf(log, digests, to);
  const view = viewRun(fold, plan, { uriOf: (digest) => store.uriOf(digest), nowMs, retentions });
  return { fold, plan, view: { ...view, atSequence: to } };
}

/** Folds a run as of a sequence. */
export function readFold(log: Log, { pipeline, run, sequence }: FoundRun, to: number): Promise<RunFold> {
  const filters = [subjectsOf(log.namespace).filters.run(pipeline, run)];
  return foldRun(pipeline, run, log.read(filters, { to, near: sequence }));
}

/** The plan that a run follows in its current epoch. */
export async function planOf(log: Log, store: ArtifactStore, { run, started, control }: RunFold): Promise<Plan> {
  if (started === undefined) throw new Terminal("run-not-started", `Cannot show run ${run}: its start cannot be read`);
  return createPlans(log, planReader(store)).load(effectivePlan(started.body, control.state));
}
