import type { Event } from "../contracts/millrace/event/v1/event.ts";
import type { Plans } from "../driver/mod.ts";
import { referencesOf } from "../history/mod.ts";
import {
  importedTimeHeader,
  type Log,
  type LogEntry,
  type ParsedSubject,
  parseSubject,
  readEvent,
} from "../log/mod.ts";
import { AuditedRuns } from "./audited-runs.ts";
import { typeOf } from "./chain-audit.ts";
import type { Report } from "./findings.ts";
import type { RunAudit } from "./run-audit.ts";
import { SharedAudit } from "./shared-audit.ts";

/** Where an artifact is referred to. */
export interface ReferredTo {
  readonly type: string;
  /** The first message that does. */
  readonly sequence: number;
  readonly subject: string;
  /** Whether only runs that were imported alone do: then nobody promised that its bytes are here. */
  readonly importedOnly: boolean;
}

/** What a look at the whole log found, beside what it reported. */
export interface VerifiedLog {
  /** Messages read. */
  readonly events: number;
  /** Events of a later version: left out of every fold, and no problem. */
  readonly unknown: number;
  /** Every artifact that the log refers to, by digest. */
  readonly references: Map<string, ReferredTo>;
  readonly shared: SharedAudit;
}

export interface VerifyLogOptions {
  readonly log: Log;
  /** Last sequence that counts. */
  readonly to: number;
  readonly plans: Plans;
  readonly readPlan: (digest: string) => Promise<Uint8Array>;
  readonly problem: Report;
  readonly note: Report;
  /** Told now and then of the sequence that was reached. */
  readonly progress?: (sequence: number) => void;
}

/** Messages between two words about progress. */
const progressEvery = 1_000;

/**
 * Reads the whole log once and holds every message against those before it. Memory is for open runs, a thousand ended
 * ones, and some hundred bytes a run, an artifact and a cache key.
 */
export async function verifyLog(options: VerifyLogOptions): Promise<VerifiedLog> {
  const { log, to, problem, note } = options;
  const references = new Map<string, ReferredTo>();
  const runs = new AuditedRuns(log, options.plans, (audit) => noteMissing(audit, note));
  const shared = new SharedAudit(runs, options.readPlan);
  let events = 0;
  let unknown = 0;
  let last = 0;
  if (to > 0)
    for await (const entry of log.read([], { to })) {
      events += 1;
      if (entry.sequence !== last + 1) reportGap(last + 1, entry.sequence - 1, problem);
      last = entry.sequence;
      if (events % progressEvery === 0) options.progress?.(last);
      const taken = await take(entry, runs, shared, options);
      if (taken === "unknown") unknown += 1;
      else if (taken !== "foreign") refer(references, entry, taken);
    }
  if (last < to) reportGap(last + 1, to, problem);
  for (const audit of runs.finish()) finishRun(audit, problem, note);
  return { events, unknown, references, shared };
}

function reportGap(from: number, to: number, problem: Report): void {
  const many = from === to ? `Message ${from} is` : `Messages ${from} to ${to} are`;
  problem("gap", { sequence: from }, `${many} missing: the log may never lose a message`);
}

/** Takes one message. @returns its event, or what it is instead. */
async function take(
  entry: LogEntry,
  runs: AuditedRuns,
  shared: SharedAudit,
  { problem, note }: VerifyLogOptions,
): Promise<Event | "foreign" | "unknown"> {
  const subject = parseSubject(entry.subject);
  const read = readEvent(entry.data);
  if (read.kind === "undecodable") {
    reportForeign(entry, subject, read.reason, problem, note);
    return "foreign";
  }
  const { event } = read;
  if (event.body !== undefined && !(places[event.body.$case] ?? []).includes(subject.kind)) {
    problem("misplaced-event", entry, `${typeOf(event)} ${event.id} does not belong on ${entry.subject}`);
    return "foreign";
  }
  // Chains say so themselves. A start or an artifact wakes whoever reads it, sealed or not.
  if (created.has(subject.kind) && event.body !== undefined && entry.expected === undefined)
    problem("unsealed-event", entry, `${typeOf(event)} ${event.id} was written without an expectation: by a stranger`);
  if ("run" in subject) await runs.take({ entry, event, subject }, problem);
  else await shared.take(entry, event, subject, problem);
  return event.body === undefined ? "unknown" : event;
}

function reportForeign(entry: LogEntry, subject: ParsedSubject, reason: string, problem: Report, note: Report): void {
  // Anyone may publish a dataset in words of his own; ingest takes or refuses it.
  if (subject.kind === "dataset") return;
  if (entry.subject.endsWith(".gap") && entry.headers.has(importedTimeHeader))
    return note("imported-gap", entry, "A message was missing in the log that this was imported from");
  problem("undecodable-message", entry, `The message is no event: ${reason}. Folds leave it out`);
}

function refer(references: Map<string, ReferredTo>, { sequence, subject, headers }: LogEntry, event: Event): void {
  const alone = event.importedFrom !== undefined && !headers.has(importedTimeHeader);
  for (const { digest, type } of referencesOf(event)) {
    const known = references.get(digest);
    if (known === undefined) references.set(digest, { type, sequence, subject, importedOnly: alone });
    else if (known.importedOnly && !alone) references.set(digest, { ...known, importedOnly: false });
  }
}

function finishRun(audit: RunAudit, problem: Report, note: Report): void {
  const { early, run, pipeline } = audit;
  if (audit.isImportedInPart)
    problem("import-unfinished", early?.entry ?? {}, `Run ${run} of ${pipeline} was imported in part: import it again`);
  else if (!audit.hasStarted && early)
    problem("run-without-start", early.entry, `Run ${run} of ${pipeline} has messages and no start`);
  if (audit.hasEnded) noteMissing(audit, note);
}

/** The sweeper has it written soon, so it is no problem yet. */
function noteMissing(audit: RunAudit, note: Report): void {
  for (const { node, output } of audit.missingFanOut())
    note("fan-out-missing", {}, `Nobody was told yet that ${node}.${output} of run ${audit.run} is there`);
}

/** Kinds of subjects that are no chains and yet written by compare-and-set only. */
const created: ReadonlySet<ParsedSubject["kind"]> = new Set(["started", "artifact", "verdict"]);

/** Kinds of subjects on which each event may stand. */
const places: Readonly<Record<NonNullable<Event["body"]>["$case"], readonly ParsedSubject["kind"][]>> = {
  datasetPublished: ["dataset"],
  datasetRejected: ["rejected"],
  pipelineRegistered: ["pipeline"],
  runStarted: ["started"],
  cancelRequested: ["control"],
  resumed: ["control"],
  nudged: ["control"],
  claimed: ["journal"],
  failed: ["journal"],
  completed: ["journal"],
  skipped: ["journal"],
  cancelled: ["journal"],
  artifactProduced: ["artifact"],
  artifactVoided: ["artifact"],
  runSucceeded: ["outcome"],
  runFailed: ["outcome"],
  runCancelled: ["outcome"],
  reproductionVerdict: ["verdict"],
  cacheEntry: ["cache"],
  cacheRevoked: ["cache"],
  modelBlessed: ["blessed"],
  pushIntended: ["target"],
  pushed: ["target"],
  rolledBack: ["target"],
  pinned: ["artifact-chain", "pin"],
  unpinned: ["artifact-chain", "pin"],
  collected: ["artifact-chain"],
  restored: ["artifact-chain"],
};
