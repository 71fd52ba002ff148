import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import type { RetentionLedger } from "./retention-ledger.ts";
import { inputsOf } from "./run.ts";
import type { NodeHistory, RunFold } from "./run.ts";

/** What a log says of an artifact: enough to tell people what it is. */
export interface KnownArtifact {
  readonly digest: string;
  /** Its type; `Code` and `Plan` for what only plans name; empty if nothing says. */
  readonly type: string;
  /** Sum of its files' sizes; undefined where the log does not say. */
  readonly bytes: number | undefined;
  /** Pipelines whose runs, plans or models refer to it. */
  readonly pipelines: ReadonlySet<string>;
  /** The first run that refers to it; undefined if only a plan does. */
  readonly run: string | undefined;
}

export interface ReachabilityPolicy {
  /** Newest runs of each pipeline whose artifacts are kept, open ones included. */
  readonly keepRuns: number;
}

/** Plans by digest, as far as they can be read. */
export type KnownPlans = ReadonlyMap<string, Plan>;

/** Plans that a run refers to: the one it began with, and the one that its last resume brought. */
export function plansOfRun({ started, control }: RunFold): readonly { digest: string; artifactDigest: string }[] {
  const first = started && { digest: started.body.planDigest, artifactDigest: started.body.planArtifactDigest };
  const last = control.state.plan && {
    digest: control.state.plan.digest,
    artifactDigest: control.state.plan.artifactDigest,
  };
  return [first, last].filter((plan) => plan !== undefined);
}

/** Whether a run may still do something: it has not ended in its last epoch. */
export function isRunOpen({ outcome, control }: RunFold): boolean {
  return outcome.state.epoch < control.state.epoch;
}

/** Runs that are kept: open ones, pinned ones, the newest of each pipeline, and what any of them is derived from. */
export function keptRuns(ledger: RetentionLedger, { keepRuns }: ReachabilityPolicy): ReadonlySet<string> {
  const byPipeline = Map.groupBy(ledger.runs.values(), ({ pipeline }) => pipeline);
  const newest = [...byPipeline.values()].flatMap((runs) =>
    runs.sort((a, b) => (b.started?.sequence ?? 0) - (a.started?.sequence ?? 0)).slice(0, keepRuns),
  );
  const open = [...ledger.runs.values()].filter(isRunOpen);
  const pinned = [...ledger.pins].filter(([, { state }]) => state.pinned !== undefined).map(([run]) => run);
  const kept = [...newest, ...open].map(({ run }) => run).concat(pinned);
  const origins = kept.map((run) => ledger.runs.get(run)?.started?.body.options?.originRun ?? "");
  return new Set(kept.concat(origins));
}

/**
 * Digests that must be kept: everything that a kept run refers to; of pushed and blessed models the bytes themselves,
 * what said so, and what making them again takes (dataset, plan, code, pinned inputs; what lies between is made
 * again); pinned artifacts; and the bundles of every pipeline's current plan. Pure.
 * Source: docs/protocol.md, Collecting.
 */
export function reachable(ledger: RetentionLedger, plans: KnownPlans, policy: ReachabilityPolicy): ReadonlySet<string> {
  const kept = new Set<string>();
  const keepPlan = ({ digest, artifactDigest }: { digest: string; artifactDigest: string }): void => {
    for (const named of namedByPlan(plans.get(digest), artifactDigest)) kept.add(named);
  };
  for (const run of keptRuns(ledger, policy)) {
    const fold = ledger.runs.get(run);
    if (fold === undefined) continue;
    for (const { digest } of artifactsOfRun(fold)) kept.add(digest);
    plansOfRun(fold).forEach(keepPlan);
  }
  for (const { model, run, node } of ledger.models) {
    kept.add(model.digest);
    const fold = ledger.runs.get(run);
    if (fold === undefined) continue;
    for (const { digest } of neededForModel(fold, node)) kept.add(digest);
    plansOfRun(fold).forEach(keepPlan);
  }
  for (const registered of ledger.registrations.values()) {
    const current = registered.at(-1);
    if (current) keepPlan({ digest: current.planDigest, artifactDigest: current.planArtifactDigest });
  }
  for (const [digest, { state }] of ledger.artifacts) if (state.pinned !== undefined) kept.add(digest);
  return kept;
}

/** Every artifact that the log refers to anywhere, by digest. Pure. */
export function knownArtifacts(ledger: RetentionLedger, plans: KnownPlans): ReadonlyMap<string, KnownArtifact> {
  const known = new Map<string, KnownArtifact & { readonly pipelines: Set<string> }>();
  const note = (
    pipeline: string,
    run: string | undefined,
    found: Partial<Artifact> & { readonly digest: string },
  ): void => {
    const before = known.get(found.digest);
    if (before) return void before.pipelines.add(pipeline);
    const { digest, type = "", bytes } = found;
    const pipelines = new Set([pipeline]);
    known.set(digest, { digest, type, bytes: bytes === undefined ? undefined : Number(bytes), pipelines, run });
  };
  const notePlan = (pipeline: string, planDigest: string, artifactDigest: string): void => {
    if (artifactDigest !== "") note(pipeline, undefined, { digest: artifactDigest, type: "Plan" });
    for (const digest of codeOf(plans.get(planDigest))) note(pipeline, undefined, { digest, type: "Code" });
  };
  for (const fold of ledger.runs.values()) {
    for (const artifact of artifactsOfRun(fold)) note(fold.pipeline, fold.run, artifact);
    for (const { digest, artifactDigest } of plansOfRun(fold)) notePlan(fold.pipeline, digest, artifactDigest);
  }
  for (const { model, run } of ledger.models) note(ledger.runs.get(run)?.pipeline ?? "", run, model);
  for (const [pipeline, versions] of ledger.registrations)
    for (const { planDigest, planArtifactDigest } of versions) notePlan(pipeline, planDigest, planArtifactDigest);
  return known;
}

/** Everything that a run has read or made. */
function artifactsOfRun({ started, nodes }: RunFold): readonly Artifact[] {
  const pinned = started?.body.options?.pinnedInputs.map(({ artifact }) => artifact) ?? [];
  const ofNodes = [...nodes.values()].flatMap((history) => readBy(history).concat(madeBy(history)));
  return [started?.body.dataset, ...pinned, ...ofNodes].filter((artifact) => artifact !== undefined);
}

function readBy(history: NodeHistory): readonly (Artifact | undefined)[] {
  return [...(inputsOf(history) ?? []), ...(history.journal.claim?.body.inputs ?? [])].map(({ artifact }) => artifact);
}

function madeBy({ journal }: NodeHistory): readonly (Artifact | undefined)[] {
  return (journal.completed?.outputs ?? []).map(({ artifact }) => artifact);
}

/** What a pushed or blessed model needs beside its own bytes and its plan. */
function neededForModel(fold: RunFold, node: string): readonly Artifact[] {
  const resolved = [...fold.nodes.values()].flatMap((history) =>
    (inputsOf(history) ?? []).filter(({ fromNode }) => fromNode === "").map(({ artifact }) => artifact),
  );
  const said = fold.nodes.get(node);
  return [fold.started?.body.dataset, ...resolved, ...(said ? madeBy(said) : [])].filter(
    (artifact) => artifact !== undefined,
  );
}

function namedByPlan(plan: Plan | undefined, artifactDigest: string): readonly string[] {
  return artifactDigest === "" ? codeOf(plan) : [artifactDigest, ...codeOf(plan)];
}

function codeOf(plan: Plan | undefined): readonly string[] {
  return (plan?.nodes ?? []).flatMap(({ code }) => code.map(({ digest }) => digest));
}
