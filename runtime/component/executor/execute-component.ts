import { type ArtifactStore, orStoreFull } from "../../artifacts/mod.ts";
import type { ExecutionSucceeded, StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import type { ExecutionEnvironment } from "../../contracts/millrace/event/v1/event.ts";
import type { ExecutionControls } from "../../executor/mod.ts";
import type { Component, ExecutionContext, ExecutionResult } from "../component.ts";
import { openFunctions } from "./functions.ts";
import { openInputs } from "./inputs.ts";
import { stageOutputs } from "./outputs.ts";
import { parseParameters } from "./parameters.ts";

/**
 * Runs a component once: opens and verifies what it reads, stages what it writes, executes, commits.
 * Places of files come from the store, which the executor opens itself; those in `start` are for executors without one.
 * If it throws, nothing is committed and nothing is left in staging.
 *
 * @throws {MillraceError} of the store; `bad-parameter`, `input-missing`, `function-missing`, `output-empty`,
 *   `output-omitted`; `store-full`; whatever else the component throws.
 */
export async function executeComponent(
  component: Component,
  store: ArtifactStore,
  start: StartExecution,
  controls: ExecutionControls,
): Promise<ExecutionSucceeded> {
  const { declaration } = component;
  const { signal, report, executionId } = controls;
  const parameters = parseParameters(declaration, start);
  const inputs = await openInputs(declaration, start, store);
  const functions = await openFunctions(declaration, start, store, controls);
  await using staged = await stageOutputs(declaration, start, executionId, store);
  const context: ExecutionContext = {
    pipeline: start.pipeline,
    run: start.run,
    node: start.node,
    inputs,
    outputs: staged.outputs,
    parameters,
    functions,
    seed: Number(start.seed),
    signal,
    push: start.push,
    noEffects: start.noEffects,
    progress: (fraction, message) => report.progress(fraction, message),
    metric: (name, value, step) => report.metric(name, value, step),
    log: {
      debug: (line) => report.log("debug", line),
      info: (line) => report.log("info", line),
      warn: (line) => report.log("warn", line),
      error: (line) => report.log("error", line),
    },
  };
  const result = await work(component, context);
  signal.throwIfAborted();
  return {
    outputs: await staged.commit(),
    metrics: { ...result.metrics },
    environment: environmentOf(component, result.backend),
    note: result.note ?? "",
  };
}

/** A disk that is full under its outputs is nothing that the component has done wrong, whatever it made of the error. */
async function work(component: Component, context: ExecutionContext): Promise<ExecutionResult> {
  try {
    return (await component.execute(context)) ?? {};
  } catch (error) {
    const [output] = Object.values(context.outputs);
    const action = `write the outputs of ${context.node}`;
    throw output === undefined ? error : orStoreFull(action, error, { directory: output.path });
  }
}

/** Where a component runs; an execution that chose a backend names it. */
export function environmentOf(component: Component, backend?: string): ExecutionEnvironment {
  const environment = component.environment();
  return {
    componentVersion: component.declaration.version,
    backend: backend ?? environment.backend,
    versions: { ...environment.versions },
  };
}
