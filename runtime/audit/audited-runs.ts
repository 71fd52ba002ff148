import type { ExecutionReference } from "../contracts/millrace/event/v1/event.ts";
import type { OutputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { Plans } from "../driver/mod.ts";
import { decodeEvent } from "../journal/mod.ts";
import { type Log, type LogEntry, parseSubject, subjectsOf } from "../log/mod.ts";
import { type Report, silently } from "./findings.ts";
import { type Executed, RunAudit, type RunLookups, type RunMessage } from "./run-audit.ts";

/** Ended runs held; what is said of others later is read again. */
const endedHeldMax = 1_000;
/** Outputs of completed executions remembered. */
const completedHeldMax = 5_000;

/** What ends with a run that is not looked at any more. */
export type RunEnd = (audit: RunAudit) => void;

/** All runs of a log: open ones and the last that ended in memory, the others read again when something refers to them. */
export class AuditedRuns {
  readonly #log: Log;
  readonly #lookups: RunLookups;
  readonly #onEnd: RunEnd;
  readonly #held = new Map<string, RunAudit>();
  readonly #letGo = new Set<string>();
  readonly #completed = new Map<string, readonly OutputArtifact[]>();
  #someImportedAlone = false;

  constructor(log: Log, plans: Plans, onEnd: RunEnd) {
    this.#log = log;
    this.#onEnd = onEnd;
    this.#lookups = { plans, executed: (reference, before) => this.executed(reference, before) };
  }

  async take(message: RunMessage, report: Report): Promise<void> {
    const { pipeline, run } = message.subject;
    const audit = await this.#at(pipeline, run, message.entry.sequence);
    await audit.take(message, report);
    this.#someImportedAlone ||= audit.isImportedAlone;
    const { body, id } = message.event;
    if (body?.$case === "completed") this.#remember(id, body.value.outputs);
    this.#letGoOfEnded();
  }

  /** A run as it stood before a message, for what refers to it. */
  async before(pipeline: string, run: string, sequence: number): Promise<RunAudit> {
    return await this.#at(pipeline, run, sequence);
  }

  /** Outputs of an execution: by its sequence, which is a hint, or from its run. */
  async executed(reference: ExecutionReference, before: number): Promise<Executed> {
    const { pipeline, run, component, node, completedEventId, completedSequence } = reference;
    const hinted = await this.#completedAt(Number(completedSequence), completedEventId);
    if (hinted) return { kind: "completed", outputs: hinted };
    const audit = await this.before(pipeline, run, before);
    const outputs = audit.journal(component, node)?.ends.get(completedEventId);
    if (outputs) return { kind: "completed", outputs };
    return { kind: !audit.hasStarted && this.#someImportedAlone ? "elsewhere" : "missing" };
  }

  /** Ends the look at those that are still held. */
  finish(): Iterable<RunAudit> {
    return this.#held.values();
  }

  async #at(pipeline: string, run: string, sequence: number): Promise<RunAudit> {
    const key = `${pipeline}.${run}`;
    const held = this.#held.get(key);
    if (held) {
      this.#held.delete(key);
      this.#held.set(key, held);
      return held;
    }
    const audit = new RunAudit(pipeline, run, this.#lookups);
    if (this.#letGo.delete(key)) await this.#replay(audit, sequence - 1);
    this.#held.set(key, audit);
    return audit;
  }

  async #replay(audit: RunAudit, to: number): Promise<void> {
    const filter = subjectsOf(this.#log.namespace).filters.run(audit.pipeline, audit.run);
    for await (const entry of this.#log.read([filter], { to })) {
      const message = runMessage(entry);
      if (message) await audit.take(message, silently);
    }
  }

  #letGoOfEnded(): void {
    if (this.#held.size <= endedHeldMax) return;
    for (const [key, audit] of this.#held) {
      if (!audit.hasEnded) continue;
      this.#onEnd(audit);
      this.#held.delete(key);
      this.#letGo.add(key);
      return;
    }
  }

  #remember(eventId: string, outputs: readonly OutputArtifact[]): void {
    this.#completed.set(eventId, outputs);
    const oldest = this.#completed.keys().next().value;
    if (this.#completed.size > completedHeldMax && oldest !== undefined) this.#completed.delete(oldest);
  }

  async #completedAt(sequence: number, eventId: string): Promise<readonly OutputArtifact[] | undefined> {
    const known = this.#completed.get(eventId);
    if (known || sequence < 1) return known;
    const entry = await this.#log.get(sequence);
    const event = entry && decodeEvent(entry.data);
    if (event?.body?.$case !== "completed" || event.id !== eventId) return undefined;
    this.#remember(eventId, event.body.value.outputs);
    return event.body.value.outputs;
  }
}

/** A message of a run; undefined if it is none, or no event. */
function runMessage(entry: LogEntry): RunMessage | undefined {
  const subject = parseSubject(entry.subject);
  const event = decodeEvent(entry.data);
  return event && "run" in subject ? { entry, event, subject } : undefined;
}
