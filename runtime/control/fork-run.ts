import { RunKind } from "../contracts/millrace/event/v1/event.ts";
import { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { sourceComponent, Terminal } from "../model/mod.ts";
import { downstreamOf, planDifference, planDigest, setParameter, unknownNode } from "../pipeline/mod.ts";
import type { DeclarationOf, ParameterSetting, PlanChange } from "../pipeline/mod.ts";
import { assertThere, neededBy, startDerivedRun } from "./derived-run.ts";
import type { DerivedRun, DerivingContext, NeededArtifact, PlanPlace } from "./derived-run.ts";
import { pinsOf, readOrigin } from "./origin.ts";
import type { Origin } from "./origin.ts";

/** Where a run branches off another, and what it does differently from there on. */
export interface ForkRequest {
  readonly pipeline: string;
  readonly run: string;
  /** First node that is not taken; with it go all that take something of it. */
  readonly from: string;
  readonly set?: readonly ParameterSetting[];
  /** Plan to follow instead of the run's, its bundles in the store. */
  readonly plan?: Plan;
  /** Whether it may bless and push; then "last blessed" is asked anew. */
  readonly push?: boolean;
}

export interface ForkingContext extends DerivingContext {
  readonly declarationOf: DeclarationOf;
  /** Puts the bytes of a plan that nobody registered into the store, and gives its digest. */
  readonly commitPlan: (bytes: Uint8Array) => Promise<string>;
}

/** A started fork. */
export interface ForkedRun extends DerivedRun {
  readonly from: string;
  /** Nodes whose outcomes it takes as they are, in the plan's order. */
  readonly taken: readonly string[];
  /** What its plan changes. */
  readonly changed: readonly PlanChange[];
}

/**
 * Starts a run that takes what another finished before a node, and runs that node and what follows it: with changed
 * parameters, with changed code, or as they were. It neither blesses nor pushes unless asked to.
 * @throws {Terminal} `unknown-run`, `unknown-node`, `unknown-parameter`, `bad-parameter`; `change-upstream`: something
 *   else than the node and what follows it differs; `artifact-missing`; `blessing-without-effect`.
 * Source: docs/protocol.md, Runs from runs.
 */
export async function forkRun(context: ForkingContext, request: ForkRequest): Promise<ForkedRun> {
  const origin = await readOrigin(context, request.pipeline, request.run);
  const action = `Cannot fork run ${origin.fold.run}`;
  const plan = changedPlan(context, origin, request, action);
  const rerun = new Set([...downstreamOf(origin.plan, request.from), ...downstreamOf(plan, request.from)]);
  const changed = planDifference(origin.plan, plan);
  assertDownstream(changed, rerun, request.from, action);
  const taken = takenFrom(origin, plan, rerun);
  if (request.push) assertBlessedInEarnest(origin, plan, taken, action);
  const pins = request.push ? [] : pinsOf(origin).filter(({ node }) => !taken.includes(node));
  const others = new Set(plan.nodes.map(({ name }) => name).filter((name) => !taken.includes(name)));
  await assertThere(context, action, [...neededBy(origin, plan, others), ...outputsOf(origin, taken)]);
  const place = await placeOf(context, origin, plan, changed);
  const options = {
    noCache: false,
    noEffects: !request.push,
    kind: RunKind.RUN_KIND_FORK,
    originRun: origin.fold.run,
    takenNodes: [...taken],
    pinnedInputs: [...pins],
  };
  const trigger = `forks ${origin.fold.run} from ${request.from}`;
  const derived = await startDerivedRun(context, origin, plan, place, { trigger, options });
  return { ...derived, from: request.from, taken, changed };
}

function changedPlan({ declarationOf }: ForkingContext, origin: Origin, request: ForkRequest, action: string): Plan {
  const given = request.plan ?? origin.plan;
  if (given.pipeline !== origin.plan.pipeline || given.trigger?.dataset !== origin.plan.trigger?.dataset)
    throw new Terminal(
      "change-upstream",
      `${action}: its plan must be of pipeline ${origin.plan.pipeline} on dataset ${origin.plan.trigger?.dataset}, and the one given is of ${given.pipeline} on ${given.trigger?.dataset}`,
    );
  if (given.seed !== origin.plan.seed)
    throw new Terminal(
      "change-upstream",
      `${action}: the pipeline's seed must stay ${origin.plan.seed}, and is ${given.seed} in the code given: every node depends on it`,
    );
  const isThere = given.nodes.some(({ name, component }) => name === request.from && component !== sourceComponent);
  if (!isThere) throw unknownNode(given, action, request.from);
  return (request.set ?? []).reduce((plan, setting) => setParameter(plan, setting, declarationOf), given);
}

/** Options that change no bytes may differ anywhere. */
function assertDownstream(
  changed: readonly PlanChange[],
  rerun: ReadonlySet<string>,
  from: string,
  action: string,
): void {
  const wrong = changed.find(({ node, what }) => what !== "option" && !rerun.has(node));
  if (wrong === undefined) return;
  const what = wrong.what === "node" ? "it is in one of the plans only" : `its ${wrong.what} ${wrong.name} differs`;
  throw new Terminal(
    "change-upstream",
    `${action} from ${from}: only ${from} and what follows it may change, and node ${wrong.node} does not follow it: ${what}. Fork from ${wrong.node} instead`,
    { field: wrong.node },
  );
}

/** Finished there and not to be run again. What such a node takes in was finished too, so it is among them. */
function takenFrom({ fold }: Origin, plan: Plan, rerun: ReadonlySet<string>): readonly string[] {
  return plan.nodes
    .map(({ name }) => name)
    .filter((name) => !rerun.has(name) && fold.nodes.get(name)?.journal.phase === "completed");
}

function outputsOf({ fold }: Origin, taken: readonly string[]): readonly NeededArtifact[] {
  return taken.flatMap((node) =>
    (fold.nodes.get(node)?.journal.completed?.outputs ?? []).flatMap(({ name, artifact }) =>
      artifact ? [{ digest: artifact.digest, what: `output ${name} of node ${node}` }] : [],
    ),
  );
}

/** A blessing given without effect stands on no chain, so nothing may be pushed by it. */
function assertBlessedInEarnest({ started, fold }: Origin, plan: Plan, taken: readonly string[], action: string): void {
  if (!started.options?.noEffects) return;
  const blesses = plan.nodes.find(
    ({ name, outputs }) => taken.includes(name) && outputs.some(({ type }) => type === "ModelBlessing"),
  );
  if (blesses === undefined) return;
  throw new Terminal(
    "blessing-without-effect",
    `${action} with --push: the blessing of node ${blesses.name} must have been given in earnest, and run ${fold.run} acted nowhere. Fork from ${blesses.name} or from before it`,
    { field: blesses.name },
  );
}

async function placeOf(
  { commitPlan }: ForkingContext,
  { reference }: Origin,
  plan: Plan,
  changed: readonly PlanChange[],
): Promise<PlanPlace> {
  if (changed.length === 0)
    return {
      planDigest: reference.digest,
      planSequence: reference.sequence,
      planEventId: reference.eventId,
      planArtifactDigest: reference.artifactDigest,
    };
  const planArtifactDigest = await commitPlan(Plan.encode(plan).finish());
  return { planDigest: planDigest(plan), planSequence: 0n, planEventId: "", planArtifactDigest };
}
