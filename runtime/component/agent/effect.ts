import type { ExecutionSucceeded } from "../../contracts/millrace/component/v1/executor.ts";
import type { Completed, Push } from "../../contracts/millrace/event/v1/event.ts";
import type { Artifact, InputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import { candidateOf } from "../../driver/mod.ts";
import { blessedChain, targetChain } from "../../journal/mod.ts";
import {
  bless,
  blessedSequence,
  findUnderWay,
  intendPush,
  journalSubject,
  openPush,
  recordPushed,
  withdrawPush,
} from "../../publisher/mod.ts";
import { foldChain, readChainFrom, readJournalFrom } from "../../projections/mod.ts";
import { Retryable } from "../../model/mod.ts";
import type { AgentContext } from "./context.ts";
import type { NodeRun } from "./node-run.ts";
import type { Running } from "./running.ts";
import { servedOutcome } from "./reuse.ts";

/** What an external effect lets the work do. */
export type EffectPermit =
  /** Work, with the push if one was intended; `note` replaces the executor's if given. */
  | { readonly kind: "go"; readonly push: Push | undefined; readonly note: string | undefined }
  /** The effect stands already: record that instead of working. */
  | { readonly kind: "end"; readonly completed: Completed }
  /** The claim was lost meanwhile. */
  | { readonly kind: "drop" };

/** How an effect ended after the work. */
export type EffectEnd = { readonly kind: "settled" } | { readonly kind: "again" } | { readonly kind: "drop" };

/** Wait before a push of the same model by another run is looked at again, in milliseconds. */
export const underWayDelayMs = 1_000;

const goWithout = (note?: string): EffectPermit => ({ kind: "go", push: undefined, note });

/**
 * What must be in the log before the work of a component that pushes: the intent, whose sequence is the version.
 * Components without a push just go. Source: docs/protocol.md, Claim, work, outcome (7).
 */
export async function prepareEffect(context: AgentContext, run: NodeRun, running: Running): Promise<EffectPermit> {
  if (context.declaration.effect !== "push") return goWithout();
  const { snapshot, placed, inputs } = run;
  const model = modelToPush(inputs);
  if (model === undefined) return goWithout();
  if (snapshot.started.options?.noEffects) return goWithout("staged only: this run reproduces or forks another");
  const { pipeline } = snapshot;
  const destination = context.destinationOf(placed.node.parametersJson);
  const request = {
    pipeline,
    run: snapshot.run,
    node: placed.node.name,
    model,
    destination,
    blessedSequence: await blessedSequence(context.log, context.subjects, pipeline, model.digest),
    startedSequence: snapshot.startedSequence,
    claimEventId: running.claimEventId,
  };
  running.stop.signal.throwIfAborted();
  // From here a cancel comes too late: the intent may stand before anyone here knows.
  running.committed = true;
  const decision = await intendPush(context.log, context.subjects, request);
  running.committed = decision.kind === "intended";
  switch (decision.kind) {
    case "under-way":
      throw underWay(decision.by);
    case "served": {
      const completed = await servedOutcome(context, placed, decision.push, inputs);
      return completed ? { kind: "end", completed } : { kind: "go", push: decision.push, note: undefined };
    }
    case "outdated":
      return goWithout(`not pushed: ${whyOutdated(decision.by)}`);
    case "intended": {
      if (await stillHeld(context, run, running)) return { kind: "go", push: decision.push, note: undefined };
      if (!decision.adopted)
        await withdrawPush(context.log, context.subjects, destination, decision.push, "its claim was superseded");
      return { kind: "drop" };
    }
  }
}

/**
 * The outcome of a pusher whose destination serves the candidate already: reused, without a claim. A pusher that has an
 * open intent of its own run claims, and finishes that.
 */
export async function alreadyServed(context: AgentContext, run: NodeRun): Promise<Completed | undefined> {
  if (context.declaration.effect !== "push") return undefined;
  const { placed, snapshot, inputs } = run;
  const model = modelToPush(inputs);
  if (model === undefined || snapshot.started.options?.noEffects) return undefined;
  const { log, subjects } = context;
  const subject = subjects.target(context.destinationOf(placed.node.parametersJson));
  const { state } = await readChainFrom(log, targetChain, subject, await log.leaderLastOf(subject));
  if (state.open.length > 0 || state.served?.model?.digest !== model.digest) return undefined;
  return servedOutcome(context, placed, state.served, inputs);
}

/** Another run's push of this node's model that is under way: it will serve this node too, so there is nothing to claim. */
export async function pushUnderWay(context: AgentContext, run: NodeRun): Promise<boolean> {
  if (context.declaration.effect !== "push" || run.snapshot.started.options?.noEffects) return false;
  const model = modelToPush(run.inputs);
  if (model === undefined) return false;
  const { log, subjects } = context;
  const destination = context.destinationOf(run.placed.node.parametersJson);
  const request = { run: run.snapshot.run, node: run.placed.node.name, model, destination };
  return (await findUnderWay(log, subjects, request)) !== undefined;
}

function underWay({ run, version }: Push): Retryable {
  return new Retryable(
    "push-under-way",
    `Cannot push this model now: run ${run} is pushing it as version ${version}. It is looked at again in a moment`,
    { retryAfterMs: underWayDelayMs },
  );
}

/** Whether a cancel that was read after the claim may still end it: not once this run has intended its push, or blessed. */
export async function mayStillCancel(context: AgentContext, run: NodeRun): Promise<boolean> {
  const { declaration, destinationOf, log, subjects } = context;
  const { node } = run.placed;
  if (declaration.effect === "push") {
    const destination = destinationOf(node.parametersJson);
    return (await openPush(log, subjects, { run: run.snapshot.run, node: node.name, destination })) === undefined;
  }
  if (declaration.effect !== "bless") return true;
  const { state } = await foldChain(log, blessedChain, subjects.blessed(run.snapshot.pipeline));
  const digest = candidateOf(run.inputs)?.digest;
  return !state.some((blessed) => blessed.run === run.snapshot.run && blessed.model.digest === digest);
}

/** What must be in the log after the work and before Completed: a blessing, or that the push happened. */
export async function settleEffect(
  context: AgentContext,
  run: NodeRun,
  running: Running,
  { outputs }: ExecutionSucceeded,
  push: Push | undefined,
): Promise<EffectEnd> {
  const { snapshot, placed } = run;
  if (push) {
    const uri = outputs.find(({ artifact }) => artifact)?.artifact?.properties["pushed_destination"] ?? "";
    await recordPushed(context.log, context.subjects, context.destinationOf(placed.node.parametersJson), push, uri);
    return { kind: "settled" };
  }
  const blessing = outputs.find(({ artifact }) => artifact?.type === "ModelBlessing")?.artifact;
  const candidate = candidateOf(run.inputs);
  const blesses = context.declaration.effect === "bless" && blessing?.properties["blessed"] === "1";
  if (!blesses || candidate === undefined || snapshot.started.options?.noEffects) return { kind: "settled" };
  if (!(await stillHeld(context, run, running))) return { kind: "drop" };
  const result = await bless(context.log, context.subjects, {
    pipeline: snapshot.pipeline,
    run: snapshot.run,
    node: placed.node.name,
    candidate,
    baselineDigest: baselineOf(run)?.digest ?? "",
    claimEventId: running.claimEventId,
    pinnedSequence: snapshot.blessed.expect,
  });
  return result.kind === "blessed" ? { kind: "settled" } : { kind: "again" };
}

function whyOutdated({ version, restoredVersion }: Push): string {
  if (restoredVersion === undefined) return `version ${version} holds a model that was blessed later`;
  return `version ${version} rolled the destination back to version ${restoredVersion} after this model was blessed`;
}

function baselineOf({ inputs }: NodeRun): Artifact | undefined {
  return inputs.find(({ artifact, fromNode }) => fromNode === "" && artifact?.type === "Model")?.artifact;
}

/** The model to push, unless its blessing was withheld. Without a blessing wired, its author left the validator out. */
function modelToPush(inputs: readonly InputArtifact[]): Artifact | undefined {
  const ofType = (type: string) => inputs.find(({ artifact }) => artifact?.type === type)?.artifact;
  const blessing = ofType("ModelBlessing");
  return blessing === undefined || blessing.properties["blessed"] === "1" ? ofType("Model") : undefined;
}

async function stillHeld(
  { log, subjects }: AgentContext,
  { snapshot, placed }: NodeRun,
  running: Running,
): Promise<boolean> {
  const subject = journalSubject(subjects, { pipeline: snapshot.pipeline, run: snapshot.run, node: placed.node });
  const journal = await readJournalFrom(log, subject, await log.leaderLastOf(subject));
  return journal.claim?.eventId === running.claimEventId;
}
