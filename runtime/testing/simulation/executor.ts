import type { AgentExecutor } from "../../component/agent/context.ts";
import type { ExecutionSucceeded, StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import { Cancelled, Retryable, Terminal } from "../../model/mod.ts";
import type { MillraceError } from "../../model/mod.ts";
import type { SimulatedProcess, Surroundings } from "./process.ts";
import { mix } from "./random.ts";
import type { SimulatedBytes } from "./store.ts";
import { behaviourOf, makeOutputs } from "./work.ts";

/** An effect outside the store: a model that a pusher put where it is served. */
export interface Effect {
  readonly version: number;
  readonly digest: string;
  readonly claimEventId: string;
  readonly run: string;
  readonly node: string;
  readonly by: string;
  /** Last sequence of the log when it happened. */
  readonly after: number;
}

/** Where simulated executors work. */
export interface Workshop {
  readonly around: Surroundings;
  readonly bytes: SimulatedBytes;
  /** Puts a model where it is served. */
  push(effect: Omit<Effect, "after">): void;
}

/** Share of the work after which a pusher's effect happens. */
const effectShare = 0.7;
/** An executor that was asked to stop ends within this. */
const stopMs = 40;
/** What goes on behind a deadline before the agent gives up. Source: ExecutorClient. */
const deadlineGraceMs = 2_000;

/**
 * The executor of a process: a child of its own, so it works on while its agent stands still, dies with it (or, a
 * pusher's, just after its effect), fails, crashes, hangs and is stopped.
 */
export function simulatedExecutor(workshop: Workshop, process: SimulatedProcess): AgentExecutor {
  const { around, bytes } = workshop;
  const { scheduler } = around;
  let executions = 0;
  return {
    execute: (executionId, start, { signal }) =>
      new Promise<ExecutionSucceeded>((resolve, reject) => {
        if (!process.alive) return;
        const fault = process.strike("execute");
        const drawn = mix(around.seed, process.index, ++executions, 4);
        let over = false;
        const end = (settle: () => void) => {
          over = true;
          process.post(settle);
        };
        const fail = (error: MillraceError) => end(() => reject(error));
        const later = (afterMs: number, run: () => void): void => {
          scheduler.timer(afterMs, () => over || run());
        };
        const stop = () => later(drawn % stopMs, () => fail(new Cancelled("Stopped: it was asked to")));
        if (signal.aborted) return stop();
        signal.addEventListener("abort", stop);
        const { ms, fails, failsTimes = Number.POSITIVE_INFINITY } = behaviourOf(start.parametersJson);
        const workMs = ms * (0.5 + (drawn % 1_000) / 1_000) + (fault?.kind === "slow" ? fault.ms : 0);
        const late = () => new Retryable("deadline-exceeded", `Cannot finish in ${start.deadlineMs} ms`);
        if (start.deadlineMs > 0n) later(Number(start.deadlineMs) + deadlineGraceMs, () => fail(late()));
        switch (fault?.kind) {
          case "hangs":
            return;
          case "fails":
            return later(workMs / 2, () => fail(new Retryable("executor-crashed", "The executor is gone")));
          case "crash-after":
            return later(workMs / 2, () => process.die(fault.ms));
          default:
        }
        if (fails !== undefined && start.attempt <= failsTimes)
          return later(workMs, () =>
            fail(fails === "terminal" ? new Terminal("user-code", "bad column") : new Retryable("flaky", "try again")),
          );
        const orphan = drawn % 3 === 0;
        later(workMs * effectShare, () => {
          if (process.alive || orphan) act(start, executionId, process.name);
        });
        later(workMs, () => commit(start, resolve, fail, end));
      }),
  };

  function act(start: StartExecution, claimEventId: string, by: string): void {
    const model = start.push?.model;
    if (start.push === undefined || model === undefined) return;
    const { run, node } = start;
    workshop.push({ version: Number(start.push.version), digest: model.digest, claimEventId, run, node, by });
  }

  function commit(
    start: StartExecution,
    resolve: (succeeded: ExecutionSucceeded) => void,
    fail: (error: MillraceError) => void,
    end: (settle: () => void) => void,
  ): void {
    if (!process.alive) return;
    const work = { ...start, inputs: start.inputs.map(({ name, artifact }) => ({ name, artifact })) };
    const made = makeOutputs(bytes, work);
    const fault = process.strike("commit");
    if (fault?.kind === "torn") for (const { text } of made) bytes.tear(text);
    if (fault?.kind === "torn" || fault?.kind === "fails")
      return fail(new Retryable("store-away", "The store was away"));
    if (fault?.kind === "crash-before") return process.die(fault.ms);
    const outputs = start.outputs.map(({ name, type }) => {
      const output = made.find((other) => other.name === name);
      if (output === undefined) return { name, artifact: undefined };
      const digest = bytes.commit(output.text);
      const { properties, text } = output;
      return { name, artifact: { digest, type, properties: { ...properties }, bytes: BigInt(text.length), files: 1 } };
    });
    if (fault?.kind === "crash-after") return process.die(fault.ms);
    const succeeded = { outputs, metrics: {}, environment: undefined, note: "" };
    const delayMs = fault?.kind === "slow" ? fault.ms : 0;
    scheduler.after(delayMs, () => end(() => resolve(succeeded)));
  }
}
