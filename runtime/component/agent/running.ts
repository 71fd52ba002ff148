import type { Lease } from "./lease.ts";

/** Why an execution under way is stopped from outside. */
export type StopReason =
  /** The run was cancelled: the claim ends in Cancelled. */
  | "cancelled"
  /** Someone else holds the claim by now: nothing is sent any more. */
  | "superseded"
  /** This replica lets go of it: its delivery goes to another. */
  | "drained"
  /** The attempt took as long as one may: it has failed, and may be tried again. */
  | "attempt-timeout"
  /** The node's attempts took as long as they may together: it has failed for good. */
  | "node-timeout";

/** Aborts an execution's work, and says why. */
export interface Stop {
  readonly signal: AbortSignal;
  abort(reason: StopReason): void;
}

/** An execution that this process claims, or holds the claim of. */
export interface Running {
  readonly claimEventId: string;
  readonly pipeline: string;
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  /** Time of its claim, Unix epoch milliseconds. */
  readonly startedAt: number;
  readonly stop: Stop;
  /** The delivery it works on. */
  readonly lease: Lease;
  /** Whether a cancel comes too late: an effect outside may have happened. */
  committed: boolean;
  /** What whoever cancelled its run said, once it is stopped for that. */
  cancelReason: string;
  /** Whether its claim or outcome is being written: the journal moves by our own hand. */
  ending: boolean;
  /** Fraction done as last told, -1 if never. */
  progress: number;
  /** Settles when the claim has ended here, in whatever way. */
  readonly ended: Promise<void>;
}

/** What an execution is of. */
export type Place = Pick<Running, "claimEventId" | "pipeline" | "run" | "node" | "attempt" | "startedAt" | "lease">;

/** Why an execution was stopped; undefined if it was not. */
export function stopReasonOf({ stop }: Running): StopReason | undefined {
  return stop.signal.aborted ? (stop.signal.reason as StopReason) : undefined;
}

/** Stops an execution because its run was cancelled. */
export function cancel(running: Running, reason: string): void {
  if (!running.stop.signal.aborted) running.cancelReason = reason;
  running.stop.abort("cancelled");
}

/** The executions of this process, by claim. */
export interface RunningSet {
  readonly all: ReadonlyMap<string, Running>;
  /** Adds an execution whose claim is about to be written; `end` takes it out. */
  add(place: Place): { readonly running: Running; end(): void };
  /** Stops those of a run for which a cancel is not too late. @param reason What whoever cancels it says. */
  cancelRun(pipeline: string, run: string, reason: string): void;
  stopAll(reason: StopReason): void;
}

/** Makes an empty set. */
export function createRunningSet(): RunningSet {
  const all = new Map<string, Running>();
  return {
    all,
    add(place) {
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const running: Running = {
        ...place,
        stop: new AbortController(),
        committed: false,
        cancelReason: "",
        ending: true,
        progress: -1,
        ended,
      };
      all.set(place.claimEventId, running);
      return {
        running,
        end() {
          all.delete(place.claimEventId);
          resolve();
        },
      };
    },
    cancelRun(pipeline, run, reason) {
      for (const running of all.values())
        if (running.pipeline === pipeline && running.run === run && !running.committed) cancel(running, reason);
    },
    stopAll(reason) {
      for (const running of all.values()) running.stop.abort(reason);
    },
  };
}
