import { CacheMiss, RunKind } from "../../contracts/millrace/event/v1/event.ts";
import type { Completed, Event, ExecutionEnvironment } from "../../contracts/millrace/event/v1/event.ts";
import type { Artifact, InputArtifact, OutputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import type { PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import { cacheKey, fanOutOf } from "../../driver/mod.ts";
import {
  controlChain,
  controlEvent,
  decide,
  emptyChain,
  emptyJournal,
  evolveEvent,
  outcomeChain,
  outcomeEvent,
  predecessorOf,
} from "../../journal/mod.ts";
import type { Chain, Control, Journal, JournalCommand, Outcome } from "../../journal/mod.ts";
import { digestOf } from "../../model/mod.ts";
import { outcomeBody } from "../../publisher/mod.ts";
import { historyDestination, historyPlan } from "./history-plan.ts";
import type { PipelineHistory } from "./pipeline-history.ts";

const [sourceNode, ...workNodes] = historyPlan.nodes;
const environment: ExecutionEnvironment = { componentVersion: "1", backend: "wasm", versions: { chdb: "26.7" } };
const runKind = RunKind.RUN_KIND_UNSPECIFIED;
const budget = { attemptsMax: 3, backoffMinMs: 1_000, backoffMaxMs: 60_000 };

/** Nodes of a run that do work, in topological order. */
export const historyNodes: readonly PlanNode[] = workNodes;

/** One run of the history plan, written step by step with the deciders that agents use. */
export class RunHistory {
  readonly run: string;
  readonly dataset: Artifact;
  readonly journals = new Map<string, Journal>();
  readonly #pipeline: PipelineHistory;
  readonly #inputs = new Map<string, readonly InputArtifact[]>();
  readonly #standing = new Map<string, number>();
  #control: Chain<Control> = emptyChain(controlChain);
  #outcome: Chain<Outcome> = emptyChain(outcomeChain);

  /** Starts the run. @param dataset By default one of the run's own, so that nothing can be reused. */
  constructor(pipeline: PipelineHistory, run: string, dataset?: Artifact) {
    this.#pipeline = pipeline;
    this.run = run;
    this.dataset = dataset ?? { type: "Dataset", digest: digestOf(run), bytes: 14_241n, files: 1, properties: {} };
    this.#start();
  }

  get epoch(): number {
    return this.#control.state.epoch;
  }

  claim(node: PlanNode): void {
    const inputs = node.inputs.map((input) => this.#resolve(input));
    this.#inputs.set(node.name, inputs);
    const claim = {
      durable: node.component,
      triggerSequence: inputs[0]?.causeSequence ?? 0n,
      inputs,
      environment,
      cacheKey: node.cache ? this.#key(node, inputs) : "",
      blessedSequence: node.name === "blessing" ? this.#pipeline.blessedSequence : 0n,
      cacheMiss: node.cache ? CacheMiss.CACHE_MISS_NO_ENTRY : CacheMiss.CACHE_MISS_OFF_FOR_NODE,
    };
    this.#write(node, { type: "claim", epoch: this.epoch, claim });
  }

  /** Completes a claimed node, with what its component does outside the journal, and offers it to the cache. */
  complete(node: PlanNode): void {
    const claimEventId = this.#journal(node).claim?.eventId ?? "";
    if (node.name === "blessing") this.#bless(node, claimEventId);
    const properties = node.name === "pushed" ? this.#push(node, claimEventId) : propertiesOf(node);
    const inputs = this.#inputs.get(node.name) ?? [];
    const key = node.cache ? this.#key(node, inputs) : "";
    const metrics = node.name === "evaluation" ? { accuracy: 0.97, loss: 0.11 } : {};
    const outputs = node.outputs.map(({ name, type }) => ({
      name,
      artifact: this.#made(node, name, type, properties),
    }));
    const done = { claimEventId, outputs, metrics, environment, cacheKey: key };
    const completed = this.#write(node, {
      type: "complete",
      epoch: this.epoch,
      completed: { ...done, reused: undefined, inputs: [], note: "" },
    });
    this.#fanOut(node);
    if (node.cache)
      this.#pipeline.offer(node.component, key, {
        execution: this.#execution(node, completed),
        outputs,
        metrics,
        environment,
        note: "",
      });
  }

  /** Takes a node's outcome from the run that did the work. */
  reuse(node: PlanNode, from: RunHistory): void {
    const inputs = node.inputs.map((input) => this.#resolve(input));
    const completed: Completed = {
      claimEventId: "",
      outputs: from.outputsOf(node.name),
      reused: from.#execution(node, from.#journal(node).head),
      metrics: from.#journal(node).completed?.metrics ?? {},
      environment,
      inputs,
      cacheKey: node.cache ? this.#key(node, inputs) : "",
      note: "",
    };
    this.#write(node, { type: "complete", epoch: this.epoch, completed });
    this.#fanOut(node);
  }

  fail(node: PlanNode, retryable: boolean): void {
    const failure = {
      code: retryable ? "executor-lost" : "user-code",
      message: `${node.name} could not be made`,
      file: "./model.ts",
      line: 12,
      column: 3,
      stack: "",
      stderrTail: "",
    };
    const claimEventId = this.#journal(node).claim?.eventId ?? "";
    this.#write(node, { type: "fail", epoch: this.epoch, claimEventId, retryable, failure, retry: budget });
    if (!retryable) this.#fanOut(node);
  }

  skip(node: PlanNode, causeNode: string): void {
    const input = node.inputs.find(({ source }) => source?.$case === "output")?.name ?? "";
    const skipped = { input, causeNode, reason: `${causeNode} failed` };
    this.#write(node, { type: "skip", epoch: this.epoch, skipped });
    this.#fanOut(node);
  }

  cancel(node: PlanNode): void {
    this.#write(node, { type: "cancel", epoch: this.epoch, reason: "no longer wanted" });
    this.#fanOut(node);
  }

  requestCancel(): void {
    this.#toControl({ $case: "cancelRequested", value: { reason: "no longer wanted" } });
  }

  resume(): void {
    const outcome = predecessorOf(this.#outcome.head);
    this.#toControl({ $case: "resumed", value: { outcome, reason: "mended", plan: undefined } });
  }

  /** Writes the outcome that the journals give. */
  end(): void {
    const body = outcomeBody(historyPlan, this.journals, this.epoch);
    if (body === undefined) throw new TypeError(`run ${this.run} cannot end: a node is open`);
    const subject = this.#pipeline.subjects.outcome(historyPlan.pipeline, this.run);
    const made = outcomeEvent(this.#outcome, body);
    this.#outcome = this.#pipeline.writer.appendTo(outcomeChain, this.#outcome, subject, made).chain;
  }

  /** What a node made, once it is completed. */
  outputsOf(node: string): OutputArtifact[] {
    return this.journals.get(node)?.completed?.outputs ?? [];
  }

  #start(): void {
    const { writer, subjects, planDigest, registered } = this.#pipeline;
    const { pipeline, trigger, seed } = historyPlan;
    const published = {
      dataset: trigger?.dataset ?? "",
      source: "nightly-export",
      sourceEventId: this.run,
      uri: `file:///data/${this.run}.csv`,
      format: "csv",
      digest: "",
      span: undefined,
      version: undefined,
      time: "",
      noCache: false,
    };
    const event = writer.append(subjects.dataset(published.dataset), {
      body: { $case: "datasetPublished", value: published },
    });
    const value = {
      pipeline,
      run: this.run,
      planDigest,
      planSequence: registered.sequence,
      planEventId: registered.eventId,
      planArtifactDigest: "",
      datasetSequence: BigInt(event.sequence),
      datasetEventDigest: digestOf(published.uri),
      dataset: this.dataset,
      seed,
      options: undefined,
      trigger: `${published.source}/${this.run}`,
    };
    const subject = subjects.started(pipeline, this.run);
    const started = writer.append(subject, { body: { $case: "runStarted", value } }, 0);
    const cause = { sequence: BigInt(started.sequence), eventId: started.event.id };
    this.#toArtifact(sourceNode as PlanNode, "dataset", {
      $case: "artifactProduced",
      value: { artifact: this.dataset, cause, epoch: 0, planDigest, runKind },
    });
  }

  #bless(node: PlanNode, claimEventId: string): void {
    const [candidate] = this.outputsOf("model");
    const model = candidate?.artifact;
    const baselineDigest = this.#pipeline.baselineOf(model?.digest ?? "")?.model.digest ?? "";
    this.#pipeline.bless({ model, run: this.run, node: node.name, claimEventId, baselineDigest });
  }

  #push(node: PlanNode, claimEventId: string): Record<string, string> {
    const push = this.#pipeline.push(
      {
        version: 0n,
        model: this.outputsOf("model")[0]?.artifact,
        run: this.run,
        node: node.name,
        pipeline: historyPlan.pipeline,
        blessedSequence: this.#pipeline.blessedSequence,
      },
      claimEventId,
    );
    return { pushed: "1", pushed_version: String(push.version), pushed_destination: historyDestination };
  }

  #resolve({ name, source }: PlanNode["inputs"][number]): InputArtifact {
    if (source?.$case !== "output") {
      const baseline = this.#pipeline.baselineOf(this.outputsOf("model")[0]?.artifact?.digest ?? "");
      const causeSequence = BigInt(baseline?.sequence ?? 0);
      return { name, artifact: baseline?.model, fromNode: "", fromOutput: "", causeSequence };
    }
    const { node, output } = source.value;
    const artifact =
      node === sourceNode?.name
        ? this.dataset
        : this.outputsOf(node).find((candidate) => candidate.name === output)?.artifact;
    const causeSequence = BigInt(this.journals.get(node)?.head?.sequence ?? 0);
    return { name, artifact, fromNode: node, fromOutput: output, causeSequence };
  }

  #made(node: PlanNode, name: string, type: string, properties: Record<string, string>): Artifact {
    return { type, digest: digestOf(`${this.run}/${node.name}/${name}`), bytes: 52_417n, files: 2, properties };
  }

  #key(node: PlanNode, inputs: readonly InputArtifact[]): string {
    return cacheKey(node, inputs, environment, historyPlan.seed);
  }

  #execution(node: PlanNode, head: { readonly eventId: string; readonly sequence: number } | undefined) {
    return {
      pipeline: historyPlan.pipeline,
      run: this.run,
      component: node.component,
      node: node.name,
      completedEventId: head?.eventId ?? "",
      completedSequence: BigInt(head?.sequence ?? 0),
    };
  }

  #journal(node: PlanNode): Journal {
    return this.journals.get(node.name) ?? emptyJournal;
  }

  #write(node: PlanNode, command: JournalCommand): { readonly eventId: string; readonly sequence: number } {
    const journal = this.#journal(node);
    const decision = decide(journal, command);
    if (decision.kind === "refused") throw new TypeError(`${command.type} of ${node.name}: ${decision.because}`);
    const { subjects, writer } = this.#pipeline;
    const subject = subjects.journal(historyPlan.pipeline, this.run, node.component, node.name);
    const placed = writer.append(subject, decision.event, decision.expect);
    this.journals.set(node.name, evolveEvent(journal, placed.event, placed));
    return { eventId: placed.event.id, sequence: placed.sequence };
  }

  #fanOut(node: PlanNode): void {
    const journal = this.#journal(node);
    const cause = predecessorOf(journal.head);
    const { epoch } = this;
    const { planDigest } = this.#pipeline;
    for (const { output, produced, reason } of fanOutOf(node, journal))
      this.#toArtifact(
        node,
        output,
        produced
          ? { $case: "artifactProduced", value: { artifact: produced, cause, epoch, planDigest, runKind } }
          : { $case: "artifactVoided", value: { cause, epoch, reason } },
      );
  }

  #toArtifact({ component, name, outputs }: PlanNode, output: string, body: NonNullable<Event["body"]>): void {
    const type = outputs.find((candidate) => candidate.name === output)?.type ?? "";
    const subject = this.#pipeline.subjects.artifact(historyPlan.pipeline, this.run, component, name, type, output);
    const { sequence } = this.#pipeline.writer.append(subject, { body }, this.#standing.get(subject) ?? 0);
    this.#standing.set(subject, sequence);
  }

  #toControl(body: NonNullable<Event["body"]>): void {
    const subject = this.#pipeline.subjects.control(historyPlan.pipeline, this.run);
    const made = controlEvent(this.#control, body);
    this.#control = this.#pipeline.writer.appendTo(controlChain, this.#control, subject, made).chain;
  }
}

function propertiesOf({ component }: PlanNode): Record<string, string> {
  return component === "example-gen" || component === "transform" ? { split_names: '["train","eval"]' } : {};
}
