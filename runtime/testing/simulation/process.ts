import type { Clock } from "../../log/mod.ts";
import { Retryable } from "../../model/mod.ts";
import type { Fault, Faults } from "./faults.ts";
import { mix } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** What all processes of a simulation share. */
export interface Surroundings {
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  /** Notes something that happened, for the trace and its hash. */
  note(process: string, what: string): void;
}

/** How a process's clock differs from the server's. */
export interface Skew {
  /** Wall clock's error, in milliseconds. */
  readonly offsetMs: number;
  /** Milliseconds that it counts in one. */
  readonly rate: number;
}

/** A client gives up on an answer after this long, in milliseconds. Source: nats.js, the default of a request. */
const requestTimeoutMs = 5_000;
/** Origin of the server's wall clock, Unix epoch milliseconds. */
export const originMs = Date.UTC(2026, 0, 1);

/** What one call of a process needs beside its effect. */
export interface CallOptions<T> {
  /** The answer of a replica that lags. */
  readonly stale?: () => T;
  /** The answer where another append is in flight. */
  readonly inFlight?: () => T;
  /** What is left behind where the work is torn. */
  readonly torn?: () => void;
  /** The error of a request without an answer. */
  readonly unavailable?: () => Error;
  readonly partial?: () => Error;
}

/**
 * One incarnation of a replica: everything that it does passes through here, so that it can die or stand still at
 * every call. What a dead process awaited never settles; what reaches one that stands still waits until it wakes.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly index: number;
  readonly clock: Clock;
  alive = true;
  /** Deliveries with a handler. */
  held = 0;
  /** Virtual time until which it stands still. */
  pausedUntilMs = 0;
  /** Virtual time at which it last stood still, or could not reach the server. */
  lastPausedMs = Number.NEGATIVE_INFINITY;
  readonly #around: Surroundings;
  readonly #onDeath: (restartMs: number) => void;
  readonly #waiting: (() => void)[] = [];
  readonly #leaving: (() => void)[] = [];
  #calls = 0;

  constructor(
    around: Surroundings,
    name: string,
    index: number,
    { offsetMs, rate }: Skew,
    onDeath: (restartMs: number) => void,
  ) {
    this.#around = around;
    this.name = name;
    this.index = index;
    this.#onDeath = onDeath;
    const { scheduler } = around;
    this.clock = {
      epochMs: () => originMs + offsetMs + Math.floor(scheduler.nowMs * rate),
      monotonicMs: () => scheduler.nowMs * rate,
      after: (delayMs, run) => scheduler.timer(delayMs / rate, () => this.#onTimer(run)),
    };
  }

  get paused(): boolean {
    return this.pausedUntilMs > this.#around.scheduler.nowMs;
  }

  /** Does something in this process: now, when it wakes, or never. */
  post(run: () => void): void {
    if (!this.alive) return;
    if (this.paused) this.#waiting.push(run);
    else run();
  }

  /** Calls back when the process is gone. */
  onGone(leave: () => void): void {
    this.#leaving.push(leave);
  }

  /** Ends it as SIGKILL does: nothing of it runs any more, what it sent stays sent. */
  die(restartMs: number): void {
    if (!this.alive) return;
    this.alive = false;
    this.#waiting.length = 0;
    this.#around.note(this.name, "dies");
    for (const leave of this.#leaving) leave();
    this.#onDeath(restartMs);
  }

  /** Stops it as SIGSTOP does, and lets it go on later. */
  pause(forMs: number): void {
    const { scheduler } = this.#around;
    if (!this.alive || this.paused) return;
    this.#around.note(this.name, `stands still for ${forMs} ms`);
    this.pausedUntilMs = scheduler.nowMs + forMs;
    scheduler.after(forMs, () => {
      this.#around.note(this.name, "wakes");
      const waiting = this.#waiting.splice(0);
      // Timers and sockets are served in an order that nobody promised.
      if (mix(this.#around.seed, this.index, waiting.length) % 2 === 1) waiting.reverse();
      for (const run of waiting) scheduler.after(0, () => this.post(run));
    });
  }

  /**
   * One request and its answer.
   * @param effect What happens at the other side; its result or error is the answer.
   */
  call<T>(operation: string, effect: () => T, options: CallOptions<T> = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.alive) return;
      const { scheduler } = this.#around;
      const fault = this.strike(operation);
      const nth = ++this.#calls;
      const [there, back] = latencies(this.#around.seed, this.index, nth);
      const answer = (settle: () => void, afterMs: number) => scheduler.after(afterMs, () => this.post(settle));
      const attempt = (work: () => T): (() => void) => {
        try {
          const value = work();
          return () => resolve(value);
        } catch (error) {
          return () => reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const send = (work: () => T, afterMs = there, answeredAfterMs = back) =>
        scheduler.after(afterMs, () => answer(attempt(work), answeredAfterMs));
      const unanswered = () =>
        answer(() => reject(options.unavailable?.() ?? unavailable(operation)), requestTimeoutMs);
      switch (fault?.kind) {
        case undefined:
          return send(effect);
        case "crash-before":
          return this.die(fault.ms);
        case "crash-after":
          return scheduler.after(there, () => {
            attempt(effect);
            this.die(fault.ms);
          });
        case "pause-before":
          this.pause(fault.ms);
          return this.post(() => send(effect));
        case "pause-after":
          send(effect);
          return this.pause(fault.ms);
        case "lost":
          return unanswered();
        case "answer-lost":
          scheduler.after(there, () => attempt(effect));
          return unanswered();
        case "late":
          scheduler.after(requestTimeoutMs + fault.ms, () => attempt(effect));
          return unanswered();
        case "slow":
          if (fault.ms < requestTimeoutMs) return send(effect, fault.ms / 2, fault.ms / 2);
          scheduler.after(fault.ms, () => attempt(effect));
          return unanswered();
        case "in-flight":
          return send(options.inFlight ?? effect);
        case "stale":
          return send(options.stale ?? effect);
        case "partial":
          return answer(() => reject(options.partial?.() ?? unavailable(operation)), there + back);
        case "fails":
          return answer(() => reject(options.unavailable?.() ?? unavailable(operation)), there + back);
        case "torn":
          options.torn?.();
          return answer(() => reject(options.unavailable?.() ?? unavailable(operation)), there + back);
        case "hangs":
          return;
      }
    });
  }

  /** A message that has no answer: an ack, a nak, a sign of life. */
  tell(operation: string, effect: () => void): void {
    if (!this.alive) return;
    const { scheduler } = this.#around;
    const fault = this.strike(operation);
    const [there] = latencies(this.#around.seed, this.index, ++this.#calls);
    switch (fault?.kind) {
      case "lost":
        return;
      case "late":
        return scheduler.after(fault.ms, effect);
      case "crash-before":
        return this.die(fault.ms);
      case "crash-after":
        scheduler.after(there, effect);
        return this.die(fault.ms);
      default:
        scheduler.after(there, effect);
    }
  }

  /** A message on its way to this process. @returns whether it is not lost. */
  receive(operation: string, handle: () => void): boolean {
    if (!this.alive) return false;
    const { scheduler } = this.#around;
    const fault = this.strike(operation);
    const [there] = latencies(this.#around.seed, this.index, ++this.#calls);
    if (fault?.kind === "lost") return false;
    scheduler.after(there + (fault?.kind === "slow" ? fault.ms : 0), () => {
      if (fault?.kind === "crash-before") this.die(fault.ms);
      if (fault?.kind === "pause-before") this.pause(fault.ms);
      this.post(handle);
    });
    return true;
  }

  #onTimer(run: () => void): void {
    if (!this.alive) return;
    const fault = this.strike("timer");
    if (fault?.kind === "crash-before") this.die(fault.ms);
    if (fault?.kind === "pause-before") this.pause(fault.ms);
    this.post(run);
  }

  /** The fault that strikes an operation of this process, if one does. */
  strike(operation: string): Fault | undefined {
    const fault = this.#around.faults.next(this.name, this.index, operation, this.#around.scheduler.nowMs);
    if (fault === undefined) return undefined;
    this.lastPausedMs = Math.max(this.lastPausedMs, this.#around.scheduler.nowMs + fault.ms);
    this.#around.note(this.name, `${operation}: ${fault.kind}`);
    return fault;
  }
}

/** There and back: mostly under a millisecond, now and then much more, so that what was sent first may come last. */
function latencies(seed: number, process: number, nth: number): readonly [number, number] {
  const drawn = mix(seed, process, nth, 2);
  return [latency(drawn & 0xffff), latency(drawn >>> 16)];
}

function latency(drawn: number): number {
  const share = drawn / 0x10000;
  if (share < 0.9) return 0.1 + share;
  if (share < 0.985) return 20 * (share - 0.9) * 10;
  return 400 * (share - 0.985) * 60;
}

function unavailable(operation: string): Error {
  return new Retryable("log-unavailable", `Cannot ${operation}: the server must answer: it did not in time`);
}
