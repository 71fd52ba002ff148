import type { Event, ExecutionReference, RunStarted } from "../contracts/millrace/event/v1/event.ts";
import type { OutputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import type { Plans } from "../driver/mod.ts";
import { type Control, effectivePlan, type Outcome, startedPlan } from "../journal/mod.ts";
import { type LogEntry, type ParsedSubject } from "../log/mod.ts";
import { sourceComponent, toMillraceError } from "../model/mod.ts";
import { outcomeBody } from "../publisher/mod.ts";
import { auditedControl, auditedOutcome } from "./audited-kinds.ts";
import { ChainAudit, type ChainRules, typeOf } from "./chain-audit.ts";
import type { Report } from "./findings.ts";
import { JournalAudit } from "./journal-audit.ts";
import { isSameContent } from "./same-content.ts";

type RunSubject = Extract<ParsedSubject, { readonly run: string }>;

/** A message of a run, decoded. */
export interface RunMessage {
  readonly entry: LogEntry;
  readonly event: Event;
  readonly subject: RunSubject;
}

/** What is known of an execution that something refers to. */
export type Executed =
  | { readonly kind: "completed"; readonly outputs: readonly OutputArtifact[] }
  | { readonly kind: "missing" }
  /** Its run is not in this log, which holds others that came from elsewhere alone. */
  | { readonly kind: "elsewhere" };

/** What an audit of a run looks up elsewhere. */
export interface RunLookups {
  readonly plans: Plans;
  /** Outputs of an execution that an event refers to, as the log stood before it. */
  executed(reference: ExecutionReference, before: number): Promise<Executed>;
}

/** What stands on an artifact subject. */
interface FannedOut {
  readonly cause: string;
}

/** Folds one run and holds it against itself: its chains, outcomes, fan-out and plan. */
export class RunAudit {
  readonly pipeline: string;
  readonly run: string;
  readonly #lookups: RunLookups;
  readonly control = new ChainAudit<Control>(auditedControl);
  readonly outcome = new ChainAudit<Outcome>(auditedOutcome);
  readonly #outcomeIds = new Set<string>();
  readonly #journals = new Map<string, JournalAudit>();
  readonly #fannedOut = new Map<string, FannedOut>();
  /** Messages that came before the start. */
  #early: RunMessage[] = [];
  #started: { readonly body: RunStarted; readonly eventId: string } | undefined;
  #plan: Plan | undefined;
  #rules: ChainRules = { ownSequences: true };

  constructor(pipeline: string, run: string, lookups: RunLookups) {
    this.pipeline = pipeline;
    this.run = run;
    this.#lookups = lookups;
  }

  get hasStarted(): boolean {
    return this.#started !== undefined;
  }

  get hasEnded(): boolean {
    return this.hasStarted && this.outcome.state.epoch >= this.control.state.epoch;
  }

  /** Whether all of it that there is was brought by an import that has not come to its end. */
  get isImportedInPart(): boolean {
    return !this.hasStarted && this.#early.some(({ event }) => event.importedFrom !== undefined);
  }

  /** Whether it was brought alone, so that the log does not hold what it refers to. */
  get isImportedAlone(): boolean {
    return !this.#rules.ownSequences;
  }

  /** The first message that came before any start; undefined if there is none. */
  get early(): RunMessage | undefined {
    return this.#early[0];
  }

  journal(component: string, node: string): JournalAudit | undefined {
    return this.#journals.get(`${component}.${node}`);
  }

  /** The journal of a node, whichever component the plan gave it to. */
  *journalsOf(node: string): Iterable<JournalAudit> {
    for (const [place, audit] of this.#journals) if (place.endsWith(`.${node}`)) yield audit;
  }

  /** Takes the run's next message. An import brings the start last: what came before it is looked at when it is there. */
  async take(message: RunMessage, report: Report): Promise<void> {
    if (!this.hasStarted && message.subject.kind !== "started") {
      this.#early.push(message);
      return;
    }
    if (message.subject.kind === "started") await this.#start(message, report);
    else await this.#follow(message, report);
  }

  /** Outputs whose ends have not fanned out. */
  *missingFanOut(): Iterable<{ readonly node: string; readonly output: string }> {
    for (const node of this.#plan?.nodes ?? []) {
      const journal = this.journal(node.component, node.name)?.journal;
      if (journal?.completed === undefined) continue;
      for (const { name } of node.outputs)
        if (this.#fannedOut.get(`${node.name}.${name}`)?.cause !== journal.head?.eventId)
          yield { node: node.name, output: name };
    }
  }

  async #start({ entry, event, subject }: RunMessage, report: Report): Promise<void> {
    if (event.body?.$case !== "runStarted") return;
    if (this.#started !== undefined) return report("second-start", entry, `Run ${this.run} has a start already`);
    const { pipeline, run } = event.body.value;
    if (pipeline !== subject.pipeline || run !== subject.run)
      report("subject-mismatch", entry, `The start of run ${run} of ${pipeline} stands on another run's subject`);
    this.#started = { body: event.body.value, eventId: event.id };
    this.#rules = { ownSequences: event.importedFrom === undefined || this.#early.length === 0 };
    await this.#loadPlan(entry, report);
    const early = this.#early.sort((a, b) => firstSequence(a) - firstSequence(b));
    this.#early = [];
    for (const message of early) await this.#follow(message, report);
  }

  async #loadPlan(entry: LogEntry, report: Report): Promise<void> {
    if (this.#started === undefined) return;
    const { body } = this.#started;
    const reference = this.control.chain.head ? effectivePlan(body, this.control.state) : startedPlan(body);
    try {
      this.#plan = await this.#lookups.plans.load(reference);
    } catch (thrown) {
      const { message } = toMillraceError(thrown);
      report("plan-missing", { ...entry, digest: reference.digest }, `Run ${this.run} cannot be read: ${message}`);
    }
  }

  async #follow(message: RunMessage, report: Report): Promise<void> {
    const { subject } = message;
    if (subject.kind === "control") await this.#followControl(message, report);
    else if (subject.kind === "outcome") this.#followOutcome(message, report);
    else if (subject.kind === "journal") await this.#followJournal(message, subject, report);
    else if (subject.kind === "artifact") this.#followArtifact(message, subject, report);
    else if (subject.kind === "verdict") this.#followVerdict(message, report);
  }

  async #followControl({ entry, event }: RunMessage, report: Report): Promise<void> {
    const ended = this.outcome.state.epoch >= this.control.state.epoch;
    const last = this.outcome.chain.head?.eventId ?? "";
    const verdict = this.control.take(entry, event, this.#rules, report);
    if (verdict !== "legal" || event.body?.$case !== "resumed") return;
    const named = event.body.value.outcome?.eventId ?? "";
    if (!ended || named !== last)
      report(
        "resumed-without-outcome",
        entry,
        `Run ${this.run} was resumed behind outcome ${named || "none"}, which is not its last`,
      );
    if (event.body.value.plan) await this.#loadPlan(entry, report);
  }

  #followOutcome({ entry, event }: RunMessage, report: Report): void {
    const verdict = this.outcome.take(entry, event, this.#rules, report);
    if (verdict !== "legal" || event.body === undefined) return;
    this.#outcomeIds.add(event.id);
    if (this.#plan === undefined) return;
    const { epoch } = this.outcome.state;
    if (epoch !== this.control.state.epoch)
      return report(
        "outcome-differs",
        entry,
        `The outcome ends epoch ${epoch}, and the run is in epoch ${this.control.state.epoch}`,
      );
    const journals = new Map(
      [...this.#journals].map(([place, { journal }]) => [place.slice(place.indexOf(".") + 1), journal]),
    );
    const expected = outcomeBody(this.#plan, journals, epoch);
    if (expected === undefined)
      return report("outcome-early", entry, `${typeOf(event)} stands before every node of run ${this.run} has ended`);
    const [said, is] = [summaryOf(event.body, this.#rules), summaryOf(expected, this.#rules)];
    if (!isSameContent(said, is))
      report("outcome-differs", entry, `${typeOf(event)} does not say what the journals of run ${this.run} say`);
  }

  async #followJournal(
    { entry, event }: RunMessage,
    { component, node }: Extract<RunSubject, { readonly kind: "journal" }>,
    report: Report,
  ): Promise<void> {
    const planned = this.#plan?.nodes.find(({ name }) => name === node);
    if (this.#plan !== undefined && planned?.component !== component)
      return report("unknown-node", entry, `The plan of run ${this.run} has no node ${node} of component ${component}`);
    const place = `${component}.${node}`;
    const audit = this.#journals.get(place) ?? new JournalAudit();
    this.#journals.set(place, audit);
    const rules = { ...this.#rules, epoch: this.control.state.epoch };
    const verdict = audit.take(entry, event, rules, report);
    if (verdict !== "legal" || event.body?.$case !== "completed") return;
    const { outputs, reused } = event.body.value;
    const unknown = outputs.find(({ name }) => !planned?.outputs.some((output) => output.name === name));
    if (planned && unknown)
      report("output-differs", entry, `${node} completed with output ${unknown.name}, which the plan does not have`);
    if (reused === undefined || this.isImportedAlone) return;
    const executed = await this.#lookups.executed(reused, entry.sequence);
    const where = `${reused.node} of run ${reused.run} (message ${reused.completedSequence})`;
    if (executed.kind === "missing")
      report("execution-missing", entry, `${node} reuses ${where}, which did not complete there`);
    else if (executed.kind === "completed" && !isSameContent(digestsOf(outputs), digestsOf(executed.outputs)))
      report("output-differs", entry, `${node} reuses ${where} with other outputs`);
  }

  #followArtifact(
    { entry, event }: RunMessage,
    { component, node, output }: Extract<RunSubject, { readonly kind: "artifact" }>,
    report: Report,
  ): void {
    const body = event.body;
    if (body?.$case !== "artifactProduced" && body?.$case !== "artifactVoided") return;
    const cause = body.value.cause?.eventId ?? "";
    const ended = this.#outputsOf(component, node, cause);
    if (ended === undefined)
      return report(
        "artifact-without-outcome",
        entry,
        `${typeOf(event)} of ${node}.${output} fans out ${cause || "nothing"}, which did not end ${node}`,
      );
    this.#fannedOut.set(`${node}.${output}`, { cause });
    const made = ended.find(({ name }) => name === output)?.artifact?.digest ?? "";
    const said = body.$case === "artifactProduced" ? (body.value.artifact?.digest ?? "") : "";
    if (made !== said)
      report(
        "artifact-differs",
        { ...entry, digest: said || null },
        `${typeOf(event)} says that ${node}.${output} is ${said || "void"}, and ${node} completed with ${made || "nothing"}`,
      );
  }

  /** What an end that may fan out has made: of the source node the run's start. */
  #outputsOf(component: string, node: string, cause: string): readonly OutputArtifact[] | undefined {
    if (component !== sourceComponent) return this.journal(component, node)?.ends.get(cause);
    const source = this.#plan?.nodes.find(({ name }) => name === node);
    if (cause !== this.#started?.eventId) return undefined;
    return (source?.outputs ?? []).map(({ name }) => ({ name, artifact: this.#started?.body.dataset }));
  }

  #followVerdict({ entry, event }: RunMessage, report: Report): void {
    if (event.body?.$case !== "reproductionVerdict") return;
    const judged = event.body.value.outcome?.eventId ?? "";
    if (!this.#outcomeIds.has(judged))
      report(
        "verdict-without-outcome",
        entry,
        `The verdict judges outcome ${judged || "none"}, which run ${this.run} has not`,
      );
  }
}

/** Place in the order in which a run's messages were first written. */
function firstSequence({ entry, event }: RunMessage): number {
  return event.importedFrom === undefined ? entry.sequence : Number(event.importedFrom.sequence);
}

/** What of an outcome follows from the journals alone. */
function summaryOf(body: NonNullable<Event["body"]>, { ownSequences }: ChainRules) {
  if (body.$case !== "runSucceeded" && body.$case !== "runFailed" && body.$case !== "runCancelled") return undefined;
  const heads = body.value.heads
    .map(({ node, sequence, status }) => ({ node, sequence: ownSequences ? sequence : 0n, status }))
    .sort((a, b) => (a.node < b.node ? -1 : 1));
  return { kind: body.$case, heads };
}

/** Digests by output, whatever their properties: those of a push name its version. */
function digestsOf(outputs: readonly OutputArtifact[]) {
  return outputs
    .map(({ name, artifact }) => ({ name, digest: artifact?.digest ?? "" }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
