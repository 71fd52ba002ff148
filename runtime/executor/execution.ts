import { AsyncLocalStorage } from "node:async_hooks";
import type {
  ExecuteResponse,
  ExecutionSucceeded,
  StartExecution,
} from "../contracts/millrace/component/v1/executor.ts";
import { Cancelled, Retryable, Terminal, type MillraceError } from "../model/mod.ts";
import { executionFailed } from "./failure.ts";
import { boundedReporter, type Reporter } from "./reporter.ts";

/** What an execution is given beside its start. */
export interface ExecutionControls {
  readonly executionId: string;
  /** Aborts on cancel, on the deadline and when the agent goes away; its reason is a MillraceError. */
  readonly signal: AbortSignal;
  readonly report: Reporter;
}

/** Does a component's work once. What it throws is converted by `toMillraceError`. */
export type ExecutionHandler = (start: StartExecution, controls: ExecutionControls) => Promise<ExecutionSucceeded>;

/** The longest time a timer of Node takes, in milliseconds. */
export const timerMsMax = 2_147_483_647;

/** One execution under way in this process. */
export class Execution {
  readonly #id: string;
  readonly #abort = new AbortController();
  readonly #fault = Promise.withResolvers<never>();

  constructor(id: string) {
    this.#id = id;
    // Nobody may be waiting for a fault any more when it comes.
    this.#fault.promise.catch(() => undefined);
  }

  /** Asks it to stop; the first reason counts. */
  stop(reason: MillraceError): void {
    this.#abort.abort(reason);
  }

  /** Fails it from outside of its own promise. */
  fail(error: MillraceError): void {
    this.#fault.reject(error);
    this.#abort.abort(error);
  }

  /**
   * Runs it to its last report. Never rejects.
   * @param send Takes all reports but the last.
   */
  async run(
    start: StartExecution,
    handler: ExecutionHandler,
    send: (report: NonNullable<ExecuteResponse["report"]>) => void,
  ): Promise<NonNullable<ExecuteResponse["report"]>> {
    const { signal } = this.#abort;
    const deadlineMs = Number(start.deadlineMs);
    const timer =
      deadlineMs > 0
        ? setTimeout(() => this.stop(deadlineExceeded(start)), Math.min(deadlineMs, timerMsMax))
        : undefined;
    const report = boundedReporter(send, () => performance.now());
    try {
      const work = underWay.run(this, () => handler(start, { executionId: this.#id, signal, report }));
      return { $case: "succeeded", value: await Promise.race([work, this.#fault.promise]) };
    } catch (error) {
      // Whatever stopping made it throw, the reason for stopping is what people need.
      return { $case: "failed", value: executionFailed(signal.aborted ? signal.reason : error) };
    } finally {
      clearTimeout(timer);
    }
  }
}

const underWay = new AsyncLocalStorage<Execution>();

/**
 * Fails the execution in which a promise was rejected that nobody awaits, instead of the process.
 * @param all Executions under way: where the rejection can't be told apart, any of them may lack its result.
 * @returns Takes the watch off.
 */
export function watchRejections(all: () => Iterable<Execution>): () => void {
  const onRejection = (reason: unknown) => {
    const own = underWay.getStore();
    const error = unhandled(reason);
    for (const execution of own ? [own] : all()) execution.fail(error);
  };
  process.on("unhandledRejection", onRejection);
  return () => process.off("unhandledRejection", onRejection);
}

function unhandled(reason: unknown): Terminal {
  const text = reason instanceof Error ? reason.message : String(reason);
  const message = `A promise was rejected that nothing awaits: ${text}. Await it, or handle its rejection`;
  return new Terminal("unhandled-rejection", message, { cause: reason });
}

/** The reason of an execution that took too long. */
export function deadlineExceeded(start: StartExecution): Retryable {
  const message = `Stopped ${start.node} as it must end within ${start.deadlineMs} ms. Raise the node's attemptTimeoutMs, or give it less to do`;
  return new Retryable("attempt-timeout", message);
}

/** The reason of an execution that its agent stopped. */
export function cancelledBy(reason: string): Cancelled {
  return new Cancelled(`Stopped on request${reason === "" ? "" : `: ${reason}`}`);
}
