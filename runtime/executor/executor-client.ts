import type { ExecutionSucceeded, StartExecution } from "../contracts/millrace/component/v1/executor.ts";
import type { ExecutionEnvironment } from "../contracts/millrace/event/v1/event.ts";
import { Cancelled, Retryable, type MillraceError } from "../model/mod.ts";
import { cancelledBy, deadlineExceeded, timerMsMax } from "./execution.ts";
import {
  describeEnd,
  startExecutorChild,
  type ChildEnd,
  type ExecutorChild,
  type SpawnOptions,
} from "./executor-child.ts";
import { ExecutorConnection } from "./executor-connection.ts";
import type { ExecutionReport } from "./reporter.ts";

export interface ExecutorClientOptions {
  /** Where the executor is: a child to be started, or the gRPC address of one that runs elsewhere. */
  readonly executor: { readonly spawn: SpawnOptions } | { readonly address: string };
  /** How long an executor without work is kept warm, in milliseconds; default one minute. */
  readonly idleMs?: number;
  /** How long an execution may take to stop when asked, in milliseconds; then its process is ended. Default 5 s. */
  readonly stopGraceMs?: number;
  /** How long it may take until its process gets no more work, in milliseconds; default 1 s. */
  readonly retireAfterMs?: number;
}

export interface ExecuteOptions {
  /** Stops the execution. */
  readonly signal?: AbortSignal;
  readonly onReport?: (report: ExecutionReport) => void;
}

const idleMsDefault = 60_000;
const stopGraceMsDefault = 5_000;
const retireAfterMsDefault = 1_000;

/** One executor that is there: its stream, and its process if it is ours. */
interface Session {
  readonly connection: ExecutorConnection;
  readonly child: ExecutorChild | undefined;
  /** Gives it no more work: what does not stop would hold up whatever comes. It ends with the last that it has. */
  readonly retire: () => void;
}

/** Environment variable with the address of an executor to call instead of starting one. */
export const executorAddressVariable = "MILLRACE_EXECUTOR";

/**
 * The agent's side of executors. The first execution starts the executor or connects to it; it is kept warm, let go
 * when idle, and started anew by the next execution after it has crashed.
 */
export class ExecutorClient implements AsyncDisposable {
  readonly #options: ExecutorClientOptions;
  readonly #stopGraceMs: number;
  readonly #retireAfterMs: number;
  /** Executors of ours that get no more work, until they have ended. */
  readonly #retired = new Set<Session>();
  #session: Promise<Session> | undefined;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;
  #lastTail = "";

  constructor(options: ExecutorClientOptions) {
    this.#options = options;
    this.#stopGraceMs = options.stopGraceMs ?? stopGraceMsDefault;
    this.#retireAfterMs = options.retireAfterMs ?? retireAfterMsDefault;
  }

  /** The last 4 KiB that the executor printed, also when it is gone. */
  get stderrTail(): string {
    return this.#lastTail;
  }

  /**
   * Runs one execution to its end.
   * @param executionId The claim's event id.
   * @throws {MillraceError} what the execution threw, with code, place and stack, and in `detail` what it printed;
   *   Retryable `executor-crashed`, `executor-start`, `executor-unreachable`, `attempt-timeout`; Cancelled by the signal.
   */
  async execute(executionId: string, start: StartExecution, options: ExecuteOptions = {}): Promise<ExecutionSucceeded> {
    const bounds = { stopGraceMs: this.#stopGraceMs, retireAfterMs: this.#retireAfterMs };
    return this.#use(options.signal, (session) => run(session, executionId, start, options, bounds));
  }

  /**
   * Asks the executor where it runs; starts it if need be.
   * @throws {Retryable} `executor-start`, `executor-unreachable`.
   */
  async describe(): Promise<ExecutionEnvironment> {
    return this.#use(undefined, ({ connection }) => connection.describe());
  }

  /** Starts the executor ahead of its first execution. */
  async warm(): Promise<void> {
    await this.#use(undefined, async () => undefined);
  }

  /** Stops what runs, and the executor if it is ours. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const opening = this.#session;
    this.#session = undefined;
    const session = await opening?.catch(() => undefined);
    const all = [...this.#retired, ...(session === undefined ? [] : [session])];
    await Promise.all(all.map((each) => this.#end(each)));
  }

  async #end(session: Session): Promise<void> {
    this.#retired.delete(session);
    session.connection.abandonAll(() => new Cancelled("Stopped: the agent is closing"));
    session.connection.close();
    await session.child?.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #use<T>(signal: AbortSignal | undefined, work: (session: Session) => Promise<T>): Promise<T> {
    assertNotStopped(signal);
    this.#users += 1;
    clearTimeout(this.#idle);
    let session: Session | undefined;
    try {
      this.#session ??= this.#open();
      session = await this.#session;
      assertNotStopped(signal);
      return await work(session);
    } finally {
      this.#users -= 1;
      if (session && this.#retired.has(session) && session.connection.inFlight === 0) void this.#end(session);
      if (this.#users === 0) this.#letGoWhenIdle();
    }
  }

  #letGoWhenIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.close(), this.#options.idleMs ?? idleMsDefault);
    this.#idle.unref();
  }

  #open(): Promise<Session> {
    const opening: Promise<Session> = this.#connect((session) => {
      if (this.#session === opening) this.#session = undefined;
      this.#retired.add(session);
    });
    const forget = () => {
      if (this.#session === opening) this.#session = undefined;
    };
    opening.then((session) => session.connection.broken.then(() => this.#bury(session, forget)), forget);
    return opening;
  }

  async #connect(retire: (session: Session) => void): Promise<Session> {
    const { executor } = this.#options;
    // Whoever runs an executor elsewhere sees to its processes.
    if ("address" in executor)
      return { connection: await ExecutorConnection.open(executor.address), child: undefined, retire: () => undefined };
    const child = await startExecutorChild(executor.spawn);
    const connection = await ExecutorConnection.open(child.address);
    const session: Session = { connection, child, retire: () => retire(session) };
    return session;
  }

  /** Fails what was under way when an executor is gone, once it is known how it went. */
  async #bury(session: Session, forget: () => void): Promise<void> {
    const { connection, child } = session;
    forget();
    this.#retired.delete(session);
    // A child whose stream broke but that lives is of no more use.
    if (connection.inFlight > 0) child?.kill();
    const end = await child?.ended;
    this.#lastTail = child === undefined ? "" : String(child.tail);
    connection.abandonAll((printed) => gone(end, printed));
    connection.close();
  }
}

/** How long an execution may take to stop, in milliseconds. */
interface StopBounds {
  readonly stopGraceMs: number;
  readonly retireAfterMs: number;
}

async function run(
  { connection, child, retire }: Session,
  executionId: string,
  start: StartExecution,
  { signal, onReport }: ExecuteOptions,
  { stopGraceMs, retireAfterMs }: StopBounds,
): Promise<ExecutionSucceeded> {
  const mark = child?.tail.total ?? 0;
  const printed = () => child?.tail.since(mark) ?? "";
  const timers: NodeJS.Timeout[] = [];
  // An engine doesn't always stop when asked, and what blocks the event loop can't even hear it: the process is ended.
  // The error is made when it is needed: its stack costs more than the rest of a small execution's bookkeeping.
  const giveUpIn = (delayMs: number, error: () => MillraceError) => {
    const giveUp = () => {
      connection.abandon(executionId, error());
      child?.kill();
    };
    timers.push(setTimeout(giveUp, Math.min(delayMs, timerMsMax)));
  };
  const onAbort = () => {
    const reason = reasonOf(signal);
    connection.cancel(executionId, reason);
    timers.push(setTimeout(retire, retireAfterMs));
    giveUpIn(stopGraceMs, () => cancelledBy(reason));
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  if (start.deadlineMs > 0n) giveUpIn(Number(start.deadlineMs) + stopGraceMs, () => deadlineExceeded(start));
  try {
    return await connection.start(executionId, start, { onReport, printed });
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function assertNotStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelledBy(reasonOf(signal));
}

function reasonOf(signal: AbortSignal | undefined): string {
  const reason: unknown = signal?.reason;
  if (reason instanceof Error) return reason.message;
  return typeof reason === "string" ? reason : "";
}

function gone(end: ChildEnd | undefined, printed: string): Retryable {
  if (end === undefined) {
    const message = "Cannot finish the execution as the stream to its executor broke. It is tried again";
    return new Retryable("executor-unreachable", message);
  }
  const message = `Cannot finish the execution as its executor's process is gone: ${describeEnd(end)}. It is tried again`;
  return new Retryable("executor-crashed", message, { detail: printed });
}
