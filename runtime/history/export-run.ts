import { type ArtifactStore } from "../artifacts/mod.ts";
import type { PlanReference } from "../contracts/millrace/event/v1/event.ts";
import { Scope } from "../contracts/millrace/history/v1/history.ts";
import { decodeEvent, effectivePlan, startedPlan } from "../journal/mod.ts";
import { type Log, type LogEntry, parseSubject, subjectsOf } from "../log/mod.ts";
import { Terminal } from "../model/mod.ts";
import { emptyRun, evolveRun, type RunFold } from "../projections/mod.ts";
import { Counter, type Exported, type ExportOptions, streamCreatedMs } from "./export-log.ts";
import { formatVersion } from "./read-history.ts";
import { type RecordValue, writeHistory } from "./write-history.ts";

/** A run of a pipeline. */
export interface RunName {
  readonly pipeline: string;
  readonly run: string;
}

/**
 * Writes one ended run to a history file: its messages, and as context what they refer to (the dataset event, the plan's
 * registrations, its blessings). Plans that are artifacts go along always, the other artifacts if asked for.
 * @param plans Where plans are that are artifacts.
 * @throws {Terminal} `not-ended`, `run-not-started`, `plan-missing`, `file-exists`, `digest-mismatch`.
 * Source: docs/history.md.
 */
export async function exportRun(
  log: Log,
  { pipeline, run }: RunName,
  plans: ArtifactStore,
  options: ExportOptions,
): Promise<Exported> {
  const { to } = options;
  const entries: LogEntry[] = [];
  let fold = emptyRun(pipeline, run);
  for await (const entry of log.read([subjectsOf(log.namespace).filters.run(pipeline, run)], { to })) {
    entries.push(entry);
    fold = evolveRun(fold, entry);
  }
  assertEnded(fold);
  const references = planReferences(fold, entries);
  const context = await contextOf(log, fold, references, to);
  const counter = new Counter(options);
  for (const digest of planArtifacts(references, context)) {
    if (!(await plans.has(digest))) throw planMissing(run, digest);
    counter.referToPlan(digest);
  }
  await writeHistory(options.file, records());
  return counter.exported;

  async function* records(): AsyncGenerator<RecordValue> {
    yield {
      $case: "header",
      value: {
        formatVersion,
        scope: Scope.SCOPE_RUN,
        namespace: log.namespace,
        streamCreatedMs: await streamCreatedMs(log),
        atSequence: BigInt(to),
        pipeline,
        run,
        artifacts: counter.takesArtifacts,
      },
    };
    for (const entry of context) yield counter.message(entry, true);
    for (const entry of entries) yield counter.message(entry);
    yield* counter.payloads(plans);
  }
}

function assertEnded({ run, started, outcome, control }: RunFold): void {
  if (started === undefined)
    throw new Terminal("run-not-started", `Cannot export run ${run}: its start cannot be read`);
  if (outcome.state.epoch >= control.state.epoch) return;
  throw new Terminal(
    "not-ended",
    `Cannot export run ${run} as it must have ended: it is under way, and would go on in two places. Wait for it, or cancel it`,
  );
}

/** The plans of all the run's epochs. */
function planReferences({ started, control }: RunFold, entries: readonly LogEntry[]): readonly PlanReference[] {
  if (started === undefined) return [];
  const found = new Map<string, PlanReference>();
  const add = (reference: PlanReference): void => void found.set(reference.digest, reference);
  add(startedPlan(started.body));
  for (const { subject, data } of entries) {
    if (parseSubject(subject).kind !== "control") continue;
    const body = decodeEvent(data)?.body;
    if (body?.$case === "resumed" && body.value.plan) add(body.value.plan);
  }
  add(effectivePlan(started.body, control.state));
  return [...found.values()];
}

/** Messages that the run refers to and that are not its own, in order. */
async function contextOf(
  log: Log,
  fold: RunFold,
  references: readonly PlanReference[],
  to: number,
): Promise<readonly LogEntry[]> {
  const subjects = subjectsOf(log.namespace);
  const context: LogEntry[] = [];
  const datasetSequence = Number(fold.started?.body.datasetSequence ?? 0);
  const dataset = datasetSequence > 0 ? await log.get(datasetSequence) : undefined;
  if (dataset && parseSubject(dataset.subject).kind === "dataset") context.push(dataset);
  const wanted = new Set(references.filter(({ artifactDigest }) => artifactDigest === "").map(({ digest }) => digest));
  for await (const entry of log.read([subjects.filters.pipelines, subjects.blessed(fold.pipeline)], { to })) {
    const body = decodeEvent(entry.data)?.body;
    if (body?.$case === "pipelineRegistered" && wanted.delete(body.value.planDigest)) context.push(entry);
    if (body?.$case === "modelBlessed" && body.value.run === fold.run) context.push(entry);
  }
  for (const digest of wanted) throw planMissing(fold.run, digest);
  return context.sort((a, b) => a.sequence - b.sequence);
}

/** Artifacts that hold the run's plans. */
function planArtifacts(references: readonly PlanReference[], context: readonly LogEntry[]): readonly string[] {
  const registered = context.flatMap(({ data }) => {
    const body = decodeEvent(data)?.body;
    return body?.$case === "pipelineRegistered" ? [body.value.planArtifactDigest] : [];
  });
  return [...references.map(({ artifactDigest }) => artifactDigest), ...registered].filter((digest) => digest !== "");
}

function planMissing(run: string, digest: string): Terminal {
  const message = `Cannot export run ${run} as its plan must go along: ${digest} is neither registered in the log nor in the store`;
  return new Terminal("plan-missing", message);
}
