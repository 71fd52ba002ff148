import type { PipelineRegistered } from "../contracts/millrace/event/v1/event.ts";
import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import { decodeEvent, emptyChain, retentionChain, stepChain } from "../journal/mod.ts";
import type { Chain, Retention } from "../journal/mod.ts";
import { parseSubject, subjectsOf } from "../log/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";
import { emptyRun, evolveRun } from "./run.ts";
import type { RunFold } from "./run.ts";

/** Who is served or was, or was found fit to be: a model, and the node of a run that said so. */
export interface KeptModel {
  readonly model: Artifact;
  readonly run: string;
  readonly node: string;
  readonly why: "pushed" | "blessed";
}

/**
 * Everything in the log that says what must be kept, folded in one pass and carried on from where it ended: runs, plans,
 * blessings, pushes, pins and tombstones.
 */
export class RetentionLedger {
  readonly runs = new Map<string, RunFold>();
  /** All versions of each pipeline, oldest first. */
  readonly registrations = new Map<string, PipelineRegistered[]>();
  readonly models: KeptModel[] = [];
  /** Chains of artifacts, by digest. */
  readonly artifacts = new Map<string, Chain<Retention>>();
  /** Chains of runs' pins, by run. */
  readonly pins = new Map<string, Chain<Retention>>();
  /** Last sequence folded. */
  atSequence = 0;

  /** Folds what the log has behind this ledger's end. @param to Last sequence wanted; default all there is. */
  async advance(log: Log, to?: number): Promise<void> {
    const { filters } = subjectsOf(log.namespace);
    const last = to ?? (await log.leaderLastSequence());
    if (last <= this.atSequence) return;
    const { started, control, outcomes, journals, pipelines, blessed, targets, artifactChains, pins } = filters;
    const wanted = [started, control, outcomes, journals, pipelines, blessed, targets, artifactChains, pins];
    for await (const entry of log.read(wanted, { from: this.atSequence + 1, to: last })) this.#fold(entry);
    this.atSequence = last;
  }

  #fold(entry: LogEntry): void {
    const subject = parseSubject(entry.subject);
    if ("run" in subject) {
      const fold = this.runs.get(subject.run) ?? emptyRun(subject.pipeline, subject.run);
      this.runs.set(subject.run, evolveRun(fold, entry));
    } else if (subject.kind === "artifact-chain") {
      stepIn(this.artifacts, `sha256:${subject.digestHex}`, entry);
    } else if (subject.kind === "pin") {
      stepIn(this.pins, subject.pinned, entry);
    } else {
      this.#note(entry);
    }
  }

  /** Pushes and blessings count whatever came after them: keeping too much is the safe mistake. */
  #note(entry: LogEntry): void {
    const body = decodeEvent(entry.data)?.body;
    switch (body?.$case) {
      case "pipelineRegistered": {
        const name = entry.subject.slice(entry.subject.lastIndexOf(".") + 1);
        this.registrations.set(name, [...(this.registrations.get(name) ?? []), body.value]);
        return;
      }
      case "modelBlessed":
        return this.#keep(body.value, "blessed");
      case "pushIntended":
      case "pushed":
        return this.#keep(body.value.push, "pushed");
    }
  }

  #keep(
    said: { readonly model?: Artifact | undefined; readonly run: string; readonly node: string } | undefined,
    why: KeptModel["why"],
  ): void {
    if (said?.model) this.models.push({ model: said.model, run: said.run, node: said.node, why });
  }
}

function stepIn(chains: Map<string, Chain<Retention>>, key: string, entry: LogEntry): void {
  chains.set(key, stepChain(retentionChain, chains.get(key) ?? emptyChain(retentionChain), entry));
}
