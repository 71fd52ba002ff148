import { writeFileSync } from "node:fs";
import { type ArtifactStore, planReader } from "../artifacts/mod.ts";
import { createSlots } from "../component/agent/slots.ts";
import { createRunningSet } from "../component/agent/running.ts";
import { startAgent } from "../component/agent/agent.ts";
import type { Agent } from "../component/agent/agent.ts";
import type { AgentContext, AgentExecutor } from "../component/agent/context.ts";
import { type Event, RunKind } from "../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { createPlans } from "../driver/mod.ts";
import { decodeEvent, emptyChain, pipelineChain, pipelineEvent } from "../journal/mod.ts";
import { appendEvent, newEventId, subjectsOf } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import { sourceComponent } from "../model/mod.ts";
import { declareComponent } from "../pipeline/mod.ts";
import type { Declaration, ExternalEffect } from "../pipeline/mod.ts";
import { testPlanDigest } from "./plans.ts";

/** The work of a test's component: texts to write, by output; what it throws is a failure. */
export type TestWork = (call: {
  readonly node: string;
  readonly attempt: number;
  readonly inputs: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly push: number | undefined;
  readonly noEffects: boolean;
}) => Promise<
  Readonly<Record<string, { readonly text: string; readonly properties?: Readonly<Record<string, string>> }>>
>;

export interface TestComponent {
  readonly inputs: readonly string[];
  readonly effect?: ExternalEffect;
  readonly work: TestWork;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** An agent over any log, its executor a function of this process; staging and commits are the real store's. */
export async function startTestAgent(
  log: Log,
  store: ArtifactStore,
  name: string,
  component: TestComponent,
  options: { readonly slots?: number; readonly outputs?: readonly string[]; readonly backend?: string } = {},
): Promise<{ readonly agent: Agent; readonly context: AgentContext }> {
  const context: AgentContext = {
    declaration: declarationOf(name, component),
    environment: { componentVersion: "1", backend: options.backend ?? "", versions: {} },
    log,
    subjects: subjectsOf(log.namespace),
    store,
    plans: createPlans(log, planReader(store)),
    executor: inProcess(store, component.work),
    running: createRunningSet(),
    slots: createSlots(options.slots ?? 4),
    counts: { claimsWon: 0, claimsLost: 0, reused: 0, undecodable: 0 },
    logger: quiet,
    destinationOf: (parametersJson) => (JSON.parse(parametersJson) as { to?: string }).to ?? "target",
  };
  return { agent: await startAgent(context), context };
}

function declarationOf(name: string, { inputs, effect }: TestComponent): Declaration {
  return declareComponent({
    name,
    version: "1",
    inputs: Object.fromEntries(inputs.map((type, index) => [`in${index}`, { type, optional: true }])),
    outputs: {},
    effect: effect ?? "none",
  });
}

function inProcess(store: ArtifactStore, work: TestWork): AgentExecutor {
  return {
    async execute(executionId, start, { signal }) {
      const inputs = Object.fromEntries(start.inputs.map(({ name, artifact }) => [name, artifact?.digest ?? ""]));
      const made = await work({
        node: start.node,
        attempt: start.attempt,
        inputs,
        signal,
        push: start.push === undefined ? undefined : Number(start.push.version),
        noEffects: start.noEffects,
      });
      const outputs = await Promise.all(
        start.outputs.map(async ({ name, type }) => {
          const output = made[name];
          if (output === undefined) return { name, artifact: undefined };
          const staging = await store.stage(executionId, name);
          try {
            writeFileSync(`${staging.path}/text`, output.text);
            return { name, artifact: await store.commit(staging, { type, properties: output.properties ?? {} }) };
          } finally {
            await store.discard(staging);
          }
        }),
      );
      return { outputs, metrics: {}, environment: undefined, note: "" };
    },
  };
}

/** What a test's run may do, where it is not an ordinary one. */
export interface TestRunOptions {
  readonly noCache?: boolean;
}

/** Registers a plan and starts a run of it on a dataset of the given text. @returns the run's id. */
export async function startTestRun(
  log: Log,
  store: ArtifactStore,
  plan: Plan,
  run: string,
  text: string,
  { noCache = false }: TestRunOptions = {},
): Promise<string> {
  const subjects = subjectsOf(log.namespace);
  const planDigest = testPlanDigest(plan);
  const registered = { plan, planDigest, planArtifactDigest: "", version: 1 };
  const registration: Event = { id: newEventId(), ...pipelineEvent(emptyChain(pipelineChain), registered) };
  const registering = await appendEvent(log, subjects.pipeline(plan.pipeline), registration, { expectLastSequence: 0 });
  const planSequence = registering.kind === "appended" ? registering.sequence : (registering.last?.sequence ?? 0);
  const standing = registering.kind === "lost" && registering.last ? decodeEvent(registering.last.data) : undefined;
  const staging = await store.stage(`dataset-${run}`, "dataset");
  writeFileSync(`${staging.path}/data`, text);
  const dataset = await store.commit(staging, { type: "Dataset" });
  const started: Event = {
    id: newEventId(),
    body: {
      $case: "runStarted",
      value: {
        pipeline: plan.pipeline,
        run,
        planDigest,
        planSequence: BigInt(planSequence),
        planEventId: standing?.id ?? registration.id,
        datasetSequence: 0n,
        datasetEventDigest: "",
        dataset,
        seed: plan.seed,
        options: {
          noCache,
          originRun: "",
          noEffects: false,
          kind: RunKind.RUN_KIND_UNSPECIFIED,
          takenNodes: [],
          pinnedInputs: [],
        },
        trigger: "test",
        planArtifactDigest: "",
      },
    },
  };
  const sequence = sequenceOf(
    await appendEvent(log, subjects.started(plan.pipeline, run), started, { expectLastSequence: 0 }),
  );
  const produced: Event = {
    id: newEventId(),
    body: {
      $case: "artifactProduced",
      value: {
        artifact: dataset,
        cause: { sequence: BigInt(sequence), eventId: started.id },
        epoch: 0,
        planDigest,
        runKind: RunKind.RUN_KIND_UNSPECIFIED,
      },
    },
  };
  const subject = subjects.artifact(plan.pipeline, run, sourceComponent, "source", "Dataset", "dataset");
  await appendEvent(log, subject, produced, { expectLastSequence: 0 });
  return run;
}

function sequenceOf(appended: { readonly kind: string; readonly sequence?: number }): number {
  if (appended.sequence === undefined) throw new Error("the test's own append was refused");
  return appended.sequence;
}
