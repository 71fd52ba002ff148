import { targetToken } from "../../model/mod.ts";
import {
  baselineFor,
  blessedChain,
  blessedEvent,
  cacheChain,
  cacheEvent,
  emptyChain,
  pipelineChain,
  pipelineEvent,
  targetChain,
  targetEvent,
} from "../../journal/mod.ts";
import type { Blessings, Chain, Target } from "../../journal/mod.ts";
import type { CacheEntry, ModelBlessed, Push } from "../../contracts/millrace/event/v1/event.ts";
import type { Artifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import { subjectsOf } from "../../log/mod.ts";
import type { Log, Subjects } from "../../log/mod.ts";
import { planDigest } from "../../pipeline/mod.ts";
import { historyDestination, historyPlan } from "./history-plan.ts";
import { HistoryWriter } from "./history-writer.ts";

/** Versions of a destination that are looked back on: the carried state of a push needs no more. */
const versionsKept = 2;

/** What the runs of a pipeline share: its registration, and the chains of its blessings and of its destination. */
export class PipelineHistory {
  readonly writer: HistoryWriter;
  readonly subjects: Subjects;
  readonly planDigest = planDigest(historyPlan);
  readonly registered: { readonly sequence: bigint; readonly eventId: string };
  readonly #destination = targetToken(historyDestination);
  #blessings: Chain<Blessings> = emptyChain(blessedChain);
  #target: Chain<Target> = emptyChain(targetChain);

  private constructor(writer: HistoryWriter, subjects: Subjects) {
    this.writer = writer;
    this.subjects = subjects;
    const first = { plan: historyPlan, planDigest: this.planDigest, planArtifactDigest: "", version: 1 };
    const empty = emptyChain(pipelineChain);
    const { event, sequence } = writer.append(
      subjects.pipeline(historyPlan.pipeline),
      pipelineEvent(empty, first),
      empty.expect,
    );
    this.registered = { sequence: BigInt(sequence), eventId: event.id };
  }

  /** Registers the pipeline on a log that does not know it. */
  static async register(log: Log): Promise<PipelineHistory> {
    return new PipelineHistory(await HistoryWriter.open(log), subjectsOf(log.namespace));
  }

  /** Sequence of the newest blessing, 0 if there is none. */
  get blessedSequence(): bigint {
    return BigInt(this.#blessings.expect);
  }

  /** The model that a candidate is measured by. */
  baselineOf(candidate: string): { readonly model: Artifact; readonly sequence: number } | undefined {
    return baselineFor(this.#blessings.state, candidate);
  }

  bless(blessed: ModelBlessed): void {
    const subject = this.subjects.blessed(historyPlan.pipeline);
    const made = blessedEvent(this.#blessings, blessed);
    this.#blessings = this.writer.appendTo(blessedChain, this.#blessings, subject, made).chain;
  }

  /** Intends a push and does it. @returns it with its version. */
  push(intended: Push, claimEventId: string): Push {
    const sequence = this.#toTarget({ $case: "pushIntended", value: { push: intended, claimEventId } });
    const push = { ...intended, version: BigInt(sequence) };
    this.#toTarget({ $case: "pushed", value: { push, uri: historyDestination } });
    const { state } = this.#target;
    this.#target = { ...this.#target, state: { ...state, history: state.history.slice(0, versionsKept) } };
    return push;
  }

  /** Offers an execution under a key that nobody has offered one under. */
  offer(component: string, key: string, entry: CacheEntry): void {
    const chain = emptyChain(cacheChain);
    const made = cacheEvent(chain, { $case: "cacheEntry", value: entry });
    this.writer.append(this.subjects.cache(component, key), made, chain.expect);
  }

  #toTarget(body: Parameters<typeof targetEvent>[1]): number {
    const subject = this.subjects.target(this.#destination);
    const made = targetEvent(this.#target, body);
    const { chain, placed } = this.writer.appendTo(targetChain, this.#target, subject, made);
    this.#target = chain;
    return placed.sequence;
  }
}
