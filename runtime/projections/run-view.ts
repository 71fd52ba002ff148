import type { ExecutionReference, Failure } from "../contracts/millrace/event/v1/event.ts";
import type { Artifact, InputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { Plan, PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { effectivePlan, emptyJournal, isTerminal } from "../journal/mod.ts";
import type { Journal } from "../journal/mod.ts";
import { sourceComponent } from "../model/mod.ts";
import { type DerivationView, viewDerivation } from "./derivation-view.ts";
import { isCollected, noRetentions } from "./artifact-retention.ts";
import type { Retentions } from "./artifact-retention.ts";
import { inputsOf } from "./run.ts";
import type { NodeHistory, RunFold } from "./run.ts";

export type RunStateName = "queued" | "running" | "succeeded" | "failed" | "cancelled";
export type NodeStateName =
  | "waiting"
  | "ready"
  | "running"
  | "retrying"
  | "succeeded"
  | "failed"
  | "skipped"
  | "cancelled";

/** An input of a node, as it was pinned. */
export interface InputView {
  readonly name: string;
  readonly type: string;
  readonly digest: string;
  /** Empty for a resolved input. */
  readonly fromNode: string;
}

/** An output of a node. */
export interface OutputView {
  readonly name: string;
  readonly type: string;
  readonly digest: string;
  readonly uri: string;
  readonly properties: Readonly<Record<string, string>>;
  /** Its bytes were given up since; absent if they were not. */
  readonly collected?: true;
}

/** A node of a run, as people and programs are shown it. Times are Unix epoch milliseconds. */
export interface NodeView {
  readonly node: string;
  readonly component: string;
  readonly state: NodeStateName;
  readonly attempts: number;
  readonly cached: boolean;
  readonly startedAt: number | null;
  readonly durationMs: number | null;
  /** Sequence of the journal's last legal message; 0 if it has none. */
  readonly sequence: number;
  readonly codeDigest: string | null;
  /** Where it ran: backend, the component's version, and versions of packages that can change bytes. */
  readonly executor: {
    readonly backend: string;
    readonly version: string;
    readonly versions: Readonly<Record<string, string>>;
  };
  readonly inputs: readonly InputView[];
  readonly outputs: readonly OutputView[];
  readonly failure: Pick<Failure, "code" | "message" | "file" | "line" | "stack" | "stderrTail"> | null;
  readonly nextAttemptAt: number | null;
  /** Why it was skipped, cancelled or decided as it was; null if there is nothing to say. */
  readonly note: string | null;
  /** Whether its outcome was taken as it is from the run that this one forks. */
  readonly taken: boolean;
  readonly reused: { readonly run: string; readonly node: string; readonly sequence: number } | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A run, as people and programs are shown it. */
export interface RunView extends DerivationView {
  readonly run: string;
  readonly pipeline: string;
  /** Of the plan that it follows now. */
  readonly planDigest: string;
  readonly state: RunStateName;
  /** How often it was resumed. */
  readonly epoch: number;
  readonly atSequence: number;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly reason: string | null;
  readonly trigger: string;
  readonly nodes: readonly NodeView[];
  /** The evaluation's. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly metricsByNode: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly pushed: { readonly version: number; readonly uri: string } | null;
}

export interface ViewOptions {
  /** Where an artifact's files are, as a URI. */
  readonly uriOf: (digest: string) => string;
  /** For the durations of what has not ended, Unix epoch milliseconds. */
  readonly nowMs: number;
  /** Which artifacts were given up; none if it is not asked. */
  readonly retentions?: Retentions;
}

/** The view of a folded run. Pure. @param plan The plan that it follows: `effectivePlan`. */
export function viewRun(fold: RunFold, plan: Plan, options: ViewOptions): RunView {
  const nodes = plan.nodes
    .filter(({ component }) => component !== sourceComponent)
    .map((node) => viewNode(fold, plan, node, options));
  const ended = fold.outcome.state.epoch >= fold.control.state.epoch ? fold.outcome : undefined;
  const startedAt = fold.started?.timeMs ?? 0;
  const endedAt = ended?.head?.timeMs ?? options.nowMs;
  const reported = nodes.filter(({ metrics }) => Object.keys(metrics).length > 0);
  const evaluation = nodes.find(({ outputs }) => outputs.some(({ type }) => type === "ModelEvaluation"));
  return {
    run: fold.run,
    pipeline: fold.pipeline,
    planDigest: fold.started ? effectivePlan(fold.started.body, fold.control.state).digest : "",
    state: stateOfRun(fold),
    epoch: fold.control.state.epoch,
    atSequence: fold.atSequence,
    startedAt,
    durationMs: Math.max(0, endedAt - startedAt),
    reason: ended?.state.reason ?? null,
    trigger: fold.started?.body.trigger ?? "",
    nodes,
    metrics: evaluation?.metrics ?? {},
    metricsByNode: Object.fromEntries(reported.map(({ node, metrics }) => [node, metrics])),
    pushed: pushedBy(nodes),
    ...viewDerivation(fold),
  };
}

/** The state of a folded run: ended as its outcome says, queued until anything was claimed or completed. */
export function stateOfRun({ outcome, control, nodes }: Pick<RunFold, "outcome" | "control" | "nodes">): RunStateName {
  if (outcome.state.epoch >= control.state.epoch && outcome.state.kind !== "none") return outcome.state.kind;
  return nodes.size === 0 ? "queued" : "running";
}

function viewNode(fold: RunFold, plan: Plan, node: PlanNode, options: ViewOptions): NodeView {
  const { nowMs } = options;
  const history = fold.nodes.get(node.name);
  const recorded = history?.journal ?? emptyJournal;
  // A resume opened it again, and nobody has claimed it since: how it ended before is history.
  const reopened = recorded.epoch < fold.control.state.epoch && recorded.phase !== "completed";
  const journal = reopened ? emptyJournal : recorded;
  const claim = reopened || journal.completed?.reused ? undefined : history?.lastClaim;
  const state = stateOfNode(fold, plan, node, journal);
  const environment = journal.completed?.environment ?? claim?.body.environment;
  const startedAt = claim?.timeMs ?? (journal.completed ? (journal.head?.timeMs ?? null) : null);
  const endedAt = isTerminal(journal, fold.control.state.epoch) ? journal.head?.timeMs : nowMs;
  return {
    node: node.name,
    component: node.component,
    state,
    attempts: history?.attempts ?? 0,
    cached: journal.completed?.reused !== undefined,
    startedAt,
    durationMs: startedAt === null || endedAt === undefined ? null : Math.max(0, endedAt - startedAt),
    sequence: recorded.head?.sequence ?? 0,
    codeDigest: node.code.length === 0 ? null : node.code.map(({ digest }) => digest).join(","),
    executor: {
      backend: environment?.backend ?? "",
      version: environment?.componentVersion ?? "",
      versions: environment?.versions ?? {},
    },
    inputs: inputViews((history && inputsOf(history)) ?? []),
    outputs: (journal.completed?.outputs ?? []).flatMap(({ name, artifact }) =>
      artifact ? [outputView(name, artifact, journal, options)] : [],
    ),
    failure: journal.failed?.failure ?? null,
    nextAttemptAt: journal.dueMs ?? null,
    note: journal.reason ?? (journal.completed?.note || null),
    taken: fold.started?.body.options?.takenNodes.includes(node.name) ?? false,
    reused: reusedView(journal.completed?.reused),
    metrics: journal.completed?.metrics ?? {},
  };
}

function stateOfNode(fold: RunFold, plan: Plan, node: PlanNode, journal: Journal): NodeStateName {
  const { epoch } = fold.control.state;
  if (isTerminal(journal, epoch)) return journal.phase === "completed" ? "succeeded" : (journal.phase as NodeStateName);
  if (journal.phase === "claimed") return "running";
  if (journal.phase === "retrying") return "retrying";
  return node.inputs.every(({ source }) => source?.$case !== "output" || hasEnded(fold, plan, source.value.node))
    ? "ready"
    : "waiting";
}

function hasEnded(fold: RunFold, plan: Plan, name: string): boolean {
  if (plan.nodes.find((node) => node.name === name)?.component === sourceComponent) return fold.started !== undefined;
  const history: NodeHistory | undefined = fold.nodes.get(name);
  return history !== undefined && isTerminal(history.journal, fold.control.state.epoch);
}

function inputViews(inputs: readonly InputArtifact[]): readonly InputView[] {
  return inputs.flatMap(({ name, artifact, fromNode }) =>
    artifact ? [{ name, type: artifact.type, digest: artifact.digest, fromNode }] : [],
  );
}

function outputView(
  name: string,
  { type, digest, properties }: Artifact,
  { head }: Journal,
  { uriOf, retentions = noRetentions }: ViewOptions,
): OutputView {
  const view = { name, type, digest, uri: uriOf(digest), properties };
  return isCollected(retentions, digest, head?.sequence ?? 0) ? { ...view, collected: true } : view;
}

function reusedView(reused: ExecutionReference | undefined): NodeView["reused"] {
  return reused ? { run: reused.run, node: reused.node, sequence: Number(reused.completedSequence) } : null;
}

function pushedBy(nodes: readonly NodeView[]): RunView["pushed"] {
  for (const { outputs } of nodes)
    for (const { type, properties } of outputs)
      if (type === "PushedModel" && properties["pushed"] === "1")
        return { version: Number(properties["pushed_version"] ?? 0), uri: properties["pushed_destination"] ?? "" };
  return null;
}
