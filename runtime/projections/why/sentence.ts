import { FailureClass, RunKind } from "../../contracts/millrace/event/v1/event.ts";
import type { Completed, Failed, ReproductionVerdict, RunStarted } from "../../contracts/millrace/event/v1/event.ts";
import type { OutputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import { parseSubject } from "../../log/mod.ts";
import type { Body, Fact } from "./run-facts.ts";

/** What a sentence says beside the message it is about. */
export interface SentenceContext {
  /** The run that is explained; another's messages are said to be its. */
  readonly run: string;
  /** Attempts that the plan allows a node; 0 if it does not say. */
  attemptsMax(node: string): number;
  /** Why a claim reused nothing, in words that stand behind a colon; empty if that is not asked. */
  missOf(fact: Fact): string;
  /** What an attempt is: the journal's claims in its epoch up to this message. */
  attemptOf(fact: Fact): number;
}

/**
 * One message of the log in one sentence, or two, for whoever is woken by a run at night: what happened to what, with
 * exact ids, and what follows. Pure.
 */
export function sentenceOf(fact: Fact, context: SentenceContext): string {
  const { body } = fact;
  const subject = parseSubject(fact.subject);
  const node = subject.kind === "journal" ? nameOf(subject, context) : "";
  const attemptsMax = subject.kind === "journal" ? context.attemptsMax(subject.node) : 0;
  switch (body.$case) {
    case "claimed": {
      const { attempt, triggerSequence, environment } = body.value;
      const component = subject.kind === "journal" ? subject.component : "";
      const backend = environment?.backend ? ` on ${environment.backend}` : "";
      const miss = context.missOf(fact);
      return (
        `${node} was claimed by ${component} ${environment?.componentVersion ?? ""}${backend}, ` +
        `${attemptText(attempt, attemptsMax)}, woken by message ${triggerSequence}.` +
        (miss === "" ? "" : ` It reused nothing: ${miss}.`)
      );
    }
    case "failed": {
      const { class: kind, failure, delayMs } = body.value;
      const attempt = attemptText(context.attemptOf(fact), attemptsMax);
      const what = `(${failure?.code ?? "unknown"}): ${ended(failure?.message ?? "no message")}${placeOf(body.value)}`;
      return kind === FailureClass.FAILURE_CLASS_RETRYABLE
        ? `${node} failed in ${attempt} ${what} The next attempt is due at ${iso(fact.timeMs + Number(delayMs))}.`
        : `${node} failed for good in ${attempt} ${what}`;
    }
    case "completed":
      return completedSentence(node, body.value);
    case "skipped":
      return `${node} was skipped, as its input ${body.value.input} will not come: ${ended(body.value.reason)}`;
    case "cancelled":
      return `${node} was cancelled: ${ended(body.value.reason)}`;
    default:
      return sentenceOfRun(fact, body);
  }
}

function nameOf({ node, run }: { readonly node: string; readonly run: string }, context: SentenceContext): string {
  return run === context.run ? node : `Run ${run}'s ${node}`;
}

/** Messages that are no node's. */
function sentenceOfRun({ subject, sequence }: Fact, body: Body): string {
  switch (body.$case) {
    case "datasetPublished": {
      const { dataset, source, sourceEventId, uri } = body.value;
      const name = dataset || (subject.split(".")[2] ?? "");
      return `Dataset ${name} was published by ${source} as event ${sourceEventId}: ${uri}.`;
    }
    case "pipelineRegistered": {
      const { version, planDigest } = body.value;
      return `Version ${version} of pipeline ${subject.split(".")[2] ?? ""} was registered: plan ${planDigest}.`;
    }
    case "runStarted":
      return startedSentence(body.value);
    case "cancelRequested":
      return `Someone asked for the run to be cancelled: ${ended(body.value.reason || "no reason given")}`;
    case "resumed": {
      const plan = body.value.plan ? ` It follows plan ${body.value.plan.digest} since.` : "";
      return `The run was resumed (${body.value.reason || "no reason given"}): what had failed, was skipped or cancelled is open again.${plan}`;
    }
    case "nudged":
      return `The sweeper woke the run (${body.value.reason}).`;
    case "runSucceeded":
      return "The run ended: succeeded.";
    case "runFailed":
      return `The run ended: ${body.value.node} failed (${body.value.code}): ${ended(body.value.message)}`;
    case "runCancelled":
      return `The run ended: cancelled, ${ended(body.value.reason)}`;
    case "reproductionVerdict":
      return verdictSentence(body.value);
    case "cacheEntry":
      return `Run ${body.value.execution?.run}'s ${body.value.execution?.node} was offered to the cache.`;
    case "cacheRevoked":
      return `What was in the cache may not be reused any more: ${ended(body.value.reason)}`;
    case "modelBlessed": {
      const { model, run, baselineDigest } = body.value;
      const against = baselineDigest === "" ? "as the first" : `measured by ${baselineDigest}`;
      return `Model ${model?.digest} was blessed by run ${run}, ${against}.`;
    }
    case "pushIntended": {
      const { push } = body.value;
      const again = push?.restoredVersion === undefined ? "" : `, to serve version ${push.restoredVersion} again`;
      return `Run ${push?.run} set out to push model ${push?.model?.digest} as version ${sequence}${again}.`;
    }
    case "pushed":
      return `Version ${body.value.push?.version} was pushed, model ${body.value.push?.model?.digest}: ${body.value.uri}.`;
    case "rolledBack": {
      const { undone, served, reason } = body.value;
      const instead = served ? `; version ${served.version} is served` : "";
      return `Version ${undone?.version} was taken back${instead}: ${ended(reason)}`;
    }
    default:
      return `${body.$case}.`;
  }
}

function startedSentence({ pipeline, run, dataset, seed, options, trigger }: RunStarted): string {
  const { kind, originRun = "", takenNodes = [], noCache = false } = options ?? {};
  const taken = takenNodes.length > 0 ? `, and takes ${takenNodes.join(", ")} from there` : "";
  const why =
    kind === RunKind.RUN_KIND_REPRODUCTION
      ? ` to reproduce run ${originRun}`
      : kind === RunKind.RUN_KIND_FORK
        ? ` as a fork of run ${originRun}${taken}`
        : ` by event ${trigger}`;
  const cache = noCache ? " It never uses the cache." : "";
  return `Run ${run} of pipeline ${pipeline} was started${why}, on dataset ${dataset?.digest}, seed ${seed}.${cache}`;
}

function completedSentence(node: string, { reused, outputs, cacheKey, note }: Completed): string {
  const made = outputs.flatMap(madeText).join(", ") || "nothing";
  const said = note === "" ? "" : ` ${ended(sentenceCase(note))}`;
  if (reused === undefined) return `${node} completed, and made ${made}.${said}`;
  const worker = `run ${reused.run}'s ${reused.node} (message ${reused.completedSequence})`;
  const why = cacheKey === "" ? "" : `, which did the same: cache key ${cacheKey}`;
  return `${node} reused the outcome of ${worker}${why}. It has ${made}.${said}`;
}

function madeText({ name, artifact }: OutputArtifact): readonly string[] {
  return artifact ? [`${name} (${artifact.type}) ${artifact.digest}`] : [];
}

function verdictSentence({ originalRun, reproduced, outputs }: ReproductionVerdict): string {
  const first = outputs.find(({ was, is }) => was !== is);
  if (reproduced || first === undefined) return `Every output is equal to run ${originalRun}'s: reproduced.`;
  return `The run diverged from run ${originalRun}: ${first.node}.${first.output}: ${ended(first.firstDifference)}`;
}

/** The user's file, unless the message names it. */
function placeOf({ failure }: Failed): string {
  if (failure === undefined || failure.file === "" || failure.message.includes(failure.file)) return "";
  return ` At ${failure.file}${failure.line === 0 ? "" : `:${failure.line}`}.`;
}

function attemptText(attempt: number, max: number): string {
  return max === 0 ? `attempt ${attempt}` : `attempt ${attempt} of ${max}`;
}

/** A time for people and programs, in UTC. */
export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** A sentence with its full stop. */
export function ended(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** A sentence's beginning. */
export function sentenceCase(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
