import type { Event, Push } from "../contracts/millrace/event/v1/event.ts";
import { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import type { Blessings, CachedOutcome, Registrations, Retention, Target } from "../journal/mod.ts";
import type { LogEntry, ParsedSubject } from "../log/mod.ts";
import { toMillraceError } from "../model/mod.ts";
import { planDigest } from "../pipeline/mod.ts";
import {
  auditedBlessings,
  auditedCache,
  type AuditedKind,
  auditedPipeline,
  auditedRetention,
  auditedTarget,
} from "./audited-kinds.ts";
import type { AuditedRuns } from "./audited-runs.ts";
import { ChainAudit, typeOf, type Verdict } from "./chain-audit.ts";
import type { Report } from "./findings.ts";
import { hasUnknownFields, isSameContent } from "./same-content.ts";

const own = { ownSequences: true };

/** A version that was pushed, and where. */
export interface PushedVersion {
  readonly push: Push;
  readonly uri: string;
  readonly sequence: number;
  readonly subject: string;
  /** Whether it was pushed where this log was imported from. */
  readonly elsewhere: boolean;
}

/** What of the log several runs share: registrations, cache, blessings, destinations, what is pinned and collected. */
export class SharedAudit {
  readonly #runs: AuditedRuns;
  readonly #readPlan: (digest: string) => Promise<Uint8Array>;
  readonly #pipelines = new Map<string, ChainAudit<Registrations>>();
  readonly #blessings = new Map<string, ChainAudit<Blessings>>();
  readonly #cache = new Map<string, ChainAudit<CachedOutcome>>();
  readonly #retention = new Map<string, ChainAudit<Retention>>();
  readonly #targets = new Map<string, ChainAudit<Target>>();
  readonly #pushed = new Map<string, Map<bigint, PushedVersion>>();

  constructor(runs: AuditedRuns, readPlan: (digest: string) => Promise<Uint8Array>) {
    this.#runs = runs;
    this.#readPlan = readPlan;
  }

  async take(entry: LogEntry, event: Event, subject: ParsedSubject, report: Report): Promise<void> {
    switch (subject.kind) {
      case "pipeline":
        if (step(this.#pipelines, auditedPipeline, entry, event, report) === "legal")
          await this.#checkPlan(entry, event, report);
        return;
      case "blessed":
        if (step(this.#blessings, auditedBlessings, entry, event, report) === "legal")
          await this.#checkBlessing(entry, event, subject.pipeline, report);
        return;
      case "cache":
        if (step(this.#cache, auditedCache, entry, event, report) === "legal")
          await this.#checkExecution(entry, event, report);
        this.#cache.get(entry.subject)?.forgetState();
        return;
      case "target":
        await this.#takePush(entry, event, report);
        return;
      case "artifact-chain":
      case "pin":
        step(this.#retention, auditedRetention, entry, event, report);
        return;
      default:
    }
  }

  /** Subjects of artifacts whose bytes were given up. */
  isCollected(subject: string): boolean {
    return this.#retention.get(subject)?.state.collectedSequence !== undefined;
  }

  /** What each destination serves, and the versions behind it that were pushed. */
  *pushed(): Iterable<{ readonly served: Push | undefined; readonly versions: readonly PushedVersion[] }> {
    for (const [subject, { state }] of this.#targets) {
      const versions = [...(this.#pushed.get(subject)?.values() ?? [])];
      const standing = new Set(state.history.map(({ version }) => version));
      yield { served: state.served, versions: versions.filter(({ push }) => standing.has(push.version)) };
    }
  }

  async #checkPlan(entry: LogEntry, { body }: Event, report: Report): Promise<void> {
    if (body?.$case !== "pipelineRegistered") return;
    const { plan: inline, planDigest: said, planArtifactDigest } = body.value;
    const plan = inline ?? (await this.#planOf(planArtifactDigest));
    if (plan === undefined || hasUnknownFields(plan)) return;
    const is = planDigest(plan);
    if (is !== said)
      report("plan-differs", { ...entry, digest: said }, `The registration says that its plan is ${said}: it is ${is}`);
  }

  /** A plan that is an artifact; what is missing or damaged is found with all artifacts. */
  async #planOf(digest: string): Promise<Plan | undefined> {
    try {
      return Plan.decode(await this.#readPlan(digest));
    } catch (thrown) {
      toMillraceError(thrown);
      return undefined;
    }
  }

  async #checkBlessing(entry: LogEntry, { body }: Event, pipeline: string, report: Report): Promise<void> {
    if (body?.$case !== "modelBlessed") return;
    const { run, node, claimEventId, model } = body.value;
    const audit = await this.#runs.before(pipeline, run, entry.sequence);
    const claim = [...audit.journalsOf(node)].map(({ claims }) => claims.get(claimEventId)).find(Boolean);
    if (claim === undefined)
      report(
        "blessing-without-claim",
        entry,
        `A model was blessed under claim ${claimEventId}, which ${node} of run ${run} has not`,
      );
    else if (!claim.inputs.some(({ artifact }) => artifact?.digest === model?.digest))
      report(
        "blessing-differs",
        { ...entry, digest: model?.digest ?? null },
        `${node} of run ${run} blessed a model that its claim does not name`,
      );
  }

  async #checkExecution(entry: LogEntry, { body }: Event, report: Report): Promise<void> {
    if (body?.$case !== "cacheEntry") return;
    const { execution, outputs } = body.value;
    if (execution === undefined) return;
    const made = await this.#runs.executed(execution, entry.sequence);
    const where = `${execution.node} of run ${execution.run} (message ${execution.completedSequence})`;
    if (made.kind === "missing")
      report("execution-missing", entry, `The cache offers ${where}, which did not complete there`);
    else if (made.kind === "completed" && !isSameContent(outputs, made.outputs))
      report("output-differs", entry, `The cache offers ${where} with other outputs`);
  }

  async #takePush(entry: LogEntry, event: Event, report: Report): Promise<void> {
    const before = this.#targets.get(entry.subject)?.state;
    if (step(this.#targets, auditedTarget, entry, event, report) !== "legal") return;
    const { body } = event;
    if (body?.$case === "pushIntended") return this.#checkIntent(entry, body.value, report);
    const done = body?.$case === "pushed" ? body.value : undefined;
    const rolledBack = body?.$case === "rolledBack" && body.value.uri !== undefined ? body.value : undefined;
    const push = done?.push ?? rolledBack?.served;
    if (push === undefined) return;
    const version = push.version;
    if (!before?.open.some((open) => open.version === version))
      report("push-without-intent", entry, `${typeOf(event)} of version ${version} follows no intent of it`);
    const versions = this.#pushed.get(entry.subject) ?? new Map<bigint, PushedVersion>();
    const uri = done?.uri ?? rolledBack?.uri ?? "";
    const elsewhere = event.importedFrom !== undefined;
    versions.set(version, { push, uri, sequence: entry.sequence, subject: entry.subject, elsewhere });
    this.#pushed.set(entry.subject, versions);
  }

  async #checkIntent(
    entry: LogEntry,
    { push, claimEventId }: { readonly push?: Push | undefined; readonly claimEventId: string },
    report: Report,
  ): Promise<void> {
    // A rollback is somebody's order, and belongs to no claim.
    if (push === undefined || push.restoredVersion !== undefined) return;
    const audit = await this.#runs.before(push.pipeline, push.run, entry.sequence);
    if ([...audit.journalsOf(push.node)].some(({ claims }) => claims.has(claimEventId))) return;
    report(
      "push-without-claim",
      entry,
      `A push was intended under claim ${claimEventId}, which ${push.node} of run ${push.run} has not`,
    );
  }
}

function step<State>(
  audits: Map<string, ChainAudit<State>>,
  kind: AuditedKind<State>,
  entry: LogEntry,
  event: Event,
  report: Report,
): Verdict {
  const audit = audits.get(entry.subject) ?? new ChainAudit(kind);
  audits.set(entry.subject, audit);
  return audit.take(entry, event, own, report);
}
