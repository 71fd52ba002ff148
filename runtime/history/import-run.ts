import { type ArtifactStore, planArtifactDigest, storePlan } from "../artifacts/mod.ts";
import type { Event, PlanReference } from "../contracts/millrace/event/v1/event.ts";
import type { Message } from "../contracts/millrace/history/v1/history.ts";
import { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { decodeEvent } from "../journal/mod.ts";
import { type Log, type LogEntry, parseSubject, subjectsOf } from "../log/mod.ts";
import { Terminal } from "../model/mod.ts";
import { emptyRun, evolveRun, type RunFold } from "../projections/mod.ts";
import { appendCopy } from "./append-copy.ts";
import type { RunName } from "./export-run.ts";
import { importedForm, type ImportedMessage, type ImportForm } from "./imported-form.ts";
import type { ImportedMessages } from "./import-log.ts";
import { openHistory } from "./read-history.ts";

/**
 * Order in which a run's messages are written. Nobody acts on a run that has no start, so that is the last; before it
 * everything that says that there is nothing left to do.
 * Source: docs/protocol.md, Imports.
 */
const stages = ["unknown", "journal", "verdict", "outcome", "control", "artifact", "started"] as const;

/**
 * Writes a checked history of one run into any log, so that it starts nothing there. What an earlier import wrote is
 * gone on with.
 * @param beforeWriting Called once the log was found to be as it must be.
 * @throws {Terminal} `run-differs`: the log has this run with other content; `not-ended`, `plan-missing`.
 */
export async function importRun(
  log: Log,
  file: string,
  name: RunName,
  store: ArtifactStore,
  beforeWriting: () => Promise<void>,
): Promise<ImportedMessages> {
  const plans = await readPlans(file, name);
  const planArtifacts = new Map([...plans].map(([digest, { artifactDigest }]) => [digest, artifactDigest]));
  const form: ImportForm = { namespace: log.namespace, wholeLog: false, planArtifacts };
  const standing = await readStanding(log, name);
  let alreadyThere = 0;
  for await (const { message, index } of messagesOf(file))
    if (compare(standing, message, index, form)) alreadyThere += 1;
  await beforeWriting();
  for (const { bytes } of plans.values()) if (bytes) await storePlan(store, bytes);
  let written = 0;
  for (const stage of stages)
    for await (const { message, index } of messagesOf(file)) {
      const copy = importedForm(message, form);
      const there = standing.get(copy.subject);
      if (parseSubject(copy.subject).kind !== stage || index < (there?.contents.length ?? 0)) continue;
      const sequence = await appendCopy(log, copy, there?.sequence ?? 0);
      const { data } = copy;
      const contents = [...(there?.contents ?? []), { data, expected: there?.sequence ?? 0 }];
      standing.set(copy.subject, { sequence, contents });
      written += 1;
    }
  return { written, standing: alreadyThere };
}

/** What a log holds on one subject. */
interface Standing {
  /** Sequence of its last message. */
  readonly sequence: number;
  readonly contents: readonly Pick<LogEntry, "data" | "expected">[];
}

async function readStanding(log: Log, { pipeline, run }: RunName): Promise<Map<string, Standing>> {
  const standing = new Map<string, Standing>();
  for await (const entry of log.read([subjectsOf(log.namespace).filters.run(pipeline, run)])) {
    const { subject, sequence, data, expected } = entry;
    standing.set(subject, { sequence, contents: [...(standing.get(subject)?.contents ?? []), { data, expected }] });
  }
  return standing;
}

/** @returns Whether the message stands there already, as it was written or as it was imported. */
function compare(standing: ReadonlyMap<string, Standing>, message: Message, index: number, form: ImportForm): boolean {
  const copy = importedForm(message, form);
  const there = standing.get(copy.subject)?.contents[index];
  if (there === undefined) return false;
  const isEqual = (data: Uint8Array): boolean => Buffer.compare(there.data, data) === 0;
  const alikeSealed = (there.expected === undefined) === !copy.expects;
  if (alikeSealed && (isEqual(copy.data) || isEqual(message.data))) return true;
  throw differs(copy, message, index);
}

function differs({ subject }: ImportedMessage, { sequence }: Message, index: number): Terminal {
  const message =
    `Cannot import the run as this log must not have it, or have the same: message ${index + 1} on ${subject} differs ` +
    `from message ${sequence} of the file. The run went on in one of the two places`;
  return new Terminal("run-differs", message);
}

/** The run's own messages in order, each with its number on its subject, from 0. */
async function* messagesOf(file: string): AsyncGenerator<{ readonly message: Message; readonly index: number }> {
  const { items } = await openHistory(file);
  const counts = new Map<string, number>();
  for await (const { value } of items) {
    if (value.$case !== "message" || value.value.context) continue;
    const index = counts.get(value.value.subject) ?? 0;
    counts.set(value.value.subject, index + 1);
    yield { message: value.value, index };
  }
}

/** A plan of the run: the artifact that holds it here, and its bytes if that has yet to be written. */
interface ImportedPlan {
  readonly artifactDigest: string;
  readonly bytes: Uint8Array | undefined;
}

/** The plans of the run's epochs, by digest; and whether the history is one of an ended run. */
async function readPlans(file: string, { pipeline, run }: RunName): Promise<ReadonlyMap<string, ImportedPlan>> {
  const { items } = await openHistory(file);
  const plans = new Map<string, ImportedPlan>();
  let fold = emptyRun(pipeline, run);
  for await (const { value } of items) {
    if (value.$case !== "message") continue;
    const body = decodeEvent(value.value.data)?.body;
    for (const [digest, plan] of plansIn(body)) plans.set(digest, plan);
    if (!value.value.context) fold = evolveRun(fold, entryOf(value.value));
  }
  assertEnded(fold);
  for (const digest of wantedPlans(fold)) if (!plans.has(digest)) throw planMissing(run, digest);
  return plans;
}

function plansIn(body: Event["body"]): readonly (readonly [string, ImportedPlan])[] {
  if (body?.$case === "pipelineRegistered") {
    const { planDigest, plan, planArtifactDigest: artifactDigest } = body.value;
    if (plan === undefined) return [[planDigest, { artifactDigest, bytes: undefined }]];
    const bytes = Plan.encode(plan).finish();
    return [[planDigest, { artifactDigest: planArtifactDigest(bytes), bytes }]];
  }
  if (body?.$case === "runStarted") return inArtifact(body.value.planDigest, body.value.planArtifactDigest);
  if (body?.$case === "resumed" && body.value.plan)
    return inArtifact(body.value.plan.digest, body.value.plan.artifactDigest);
  return [];
}

function inArtifact(digest: string, artifactDigest: string): readonly (readonly [string, ImportedPlan])[] {
  return artifactDigest === "" ? [] : [[digest, { artifactDigest, bytes: undefined }]];
}

function wantedPlans({ started, control }: RunFold): readonly string[] {
  const resumed: PlanReference | undefined = control.state.plan;
  return [started?.body.planDigest ?? "", ...(resumed ? [resumed.digest] : [])];
}

function entryOf({ sequence, timeMs, subject, data, expected }: Message): LogEntry {
  return {
    sequence: Number(sequence),
    timeMs: Number(timeMs),
    subject,
    headers: new Map(),
    data,
    expected: expected === undefined ? undefined : Number(expected),
  };
}

function assertEnded({ run, started, outcome, control }: RunFold): void {
  if (started !== undefined && outcome.state.epoch >= control.state.epoch) return;
  const what = started === undefined ? "the file does not hold its start" : "it was under way";
  throw new Terminal(
    "not-ended",
    `Cannot import run ${run} as it must have ended: ${what}. Export it again when it has`,
  );
}

function planMissing(run: string, digest: string): Terminal {
  return new Terminal("plan-missing", `Cannot import run ${run} as the file must hold its plan ${digest}: it does not`);
}
