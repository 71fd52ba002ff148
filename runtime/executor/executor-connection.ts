import { credentials, Metadata, type ClientDuplexStream } from "@grpc/grpc-js";
import {
  ExecutorServiceClient,
  type ExecuteRequest,
  type ExecuteResponse,
  type ExecutionSucceeded,
  type StartExecution,
} from "../contracts/millrace/component/v1/executor.ts";
import type { ExecutionEnvironment } from "../contracts/millrace/event/v1/event.ts";
import { Retryable, type MillraceError } from "../model/mod.ts";
import { errorOfExecution } from "./failure.ts";
import type { ExecutionReport } from "./reporter.ts";

/** An execution that waits for its last report. */
interface Pending {
  readonly resolve: (succeeded: ExecutionSucceeded) => void;
  readonly reject: (error: MillraceError) => void;
  readonly onReport: ((report: ExecutionReport) => void) | undefined;
  /** What the executor has printed since it started. */
  readonly printed: () => string;
}

/** Longest to wait for an executor's address to answer, in milliseconds. */
const connectTimeoutMs = 10_000;
/** Largest message an executor may send, in bytes. */
const receiveBytesMax = 16 << 20;

/**
 * One Execute stream to one executor, kept open: a message on it costs 0.18 ms where a call of its own costs 0.43.
 */
export class ExecutorConnection {
  /** Settles when the stream has ended, however. */
  readonly broken: Promise<void>;
  readonly #client: ExecutorServiceClient;
  readonly #stream: ClientDuplexStream<ExecuteRequest, ExecuteResponse>;
  readonly #pending = new Map<string, Pending>();

  private constructor(client: ExecutorServiceClient) {
    this.#client = client;
    this.#stream = client.execute();
    this.#stream.on("data", (response: ExecuteResponse) => this.#take(response));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.broken = promise;
    this.#stream.on("error", () => resolve());
    this.#stream.on("end", resolve);
  }

  /** @throws {Retryable} `executor-unreachable`. */
  static async open(address: string): Promise<ExecutorConnection> {
    const client = new ExecutorServiceClient(address, credentials.createInsecure(), {
      "grpc.max_receive_message_length": receiveBytesMax,
      // The agent decides what is tried again; the library would keep every message of the open stream for its own.
      "grpc.enable_retries": 0,
    });
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + connectTimeoutMs, (error) => {
        if (error === undefined) return resolve();
        client.close();
        const message = `Cannot reach the executor at ${address} within ${connectTimeoutMs} ms. Check that it runs and that the address is right`;
        reject(new Retryable("executor-unreachable", message, { cause: error }));
      });
    });
    return new ExecutorConnection(client);
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  start(
    executionId: string,
    start: StartExecution,
    options: Pick<Pending, "onReport" | "printed">,
  ): Promise<ExecutionSucceeded> {
    return new Promise((resolve, reject) => {
      this.#pending.set(executionId, { resolve, reject, ...options });
      this.#stream.write({ executionId, command: { $case: "start", value: start } });
    });
  }

  cancel(executionId: string, reason: string): void {
    if (!this.#pending.has(executionId)) return;
    this.#stream.write({ executionId, command: { $case: "cancel", value: { reason } } });
  }

  /** Gives up one execution, without word from the executor. */
  abandon(executionId: string, error: MillraceError): void {
    this.#pending.get(executionId)?.reject(error);
    this.#pending.delete(executionId);
  }

  /** Gives up all executions. */
  abandonAll(error: (printed: string) => MillraceError): void {
    for (const [executionId, { printed }] of this.#pending) this.abandon(executionId, error(printed()));
  }

  describe(): Promise<ExecutionEnvironment> {
    return new Promise((resolve, reject) => {
      this.#client.describeExecutor(
        {},
        new Metadata(),
        { deadline: Date.now() + connectTimeoutMs },
        (error, response) => {
          if (error === null && response.environment !== undefined) return resolve(response.environment);
          reject(
            new Retryable(
              "executor-unreachable",
              `Cannot ask the executor where it runs: ${error?.message ?? "no answer"}`,
            ),
          );
        },
      );
    });
  }

  close(): void {
    this.#stream.end();
    this.#client.close();
  }

  #take({ executionId, report }: ExecuteResponse): void {
    const pending = this.#pending.get(executionId);
    if (pending === undefined || report === undefined) return;
    if (report.$case !== "succeeded" && report.$case !== "failed") return pending.onReport?.(report);
    this.#pending.delete(executionId);
    if (report.$case === "succeeded") pending.resolve(report.value);
    else pending.reject(errorOfExecution(report.value, pending.printed()));
  }
}
