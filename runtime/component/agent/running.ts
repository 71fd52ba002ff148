import type { Lease } from "./lease.ts";

/** Why an execution under way is stopped from outside. */
export type StopReason =
  /** The run was cancelled: the claim ends in Cancelled. */
  | "cancelled"
  /** Someone else holds the claim by now: nothing is sent any more. */
  | "superseded"
  /** This replica lets go of it: its delivery goes to another. */
  | "drained";

/** An execution that this process holds the claim of. */
export interface Running {
  readonly claimEventId: string;
  readonly pipeline: string;
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  /** Time of its claim, Unix epoch milliseconds. */
  readonly startedAt: number;
  /** Aborts the executor's work; its reason is a StopReason. */
  readonly stop: AbortController;
  /** Whether a cancel comes too late: an effect outside may have happened. */
  committed: boolean;
  /** The delivery it works on. */
  readonly lease: Lease;
  /** Whether its outcome is being written: the journal moves by our own hand. */
  ending: boolean;
  /** Fraction done as last told, -1 if never. */
  progress: number;
  /** Settles when the claim has ended here, in whatever way. */
  readonly ended: Promise<void>;
}

/** The executions of this process, by claim. */
export interface RunningSet {
  readonly all: ReadonlyMap<string, Running>;
  /** Adds an execution; the returned function ends it. */
  add(running: Omit<Running, "ended" | "stop" | "committed" | "ending" | "progress">): {
    readonly running: Running;
    end(): void;
  };
  /** Stops those of a run for which a cancel is not too late. */
  cancelRun(pipeline: string, run: string): void;
  stopAll(reason: StopReason): void;
}

/** Makes an empty set. */
export function createRunningSet(): RunningSet {
  const all = new Map<string, Running>();
  return {
    all,
    add(place) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const running: Running = {
        ...place,
        stop: new AbortController(),
        committed: false,
        ending: false,
        progress: -1,
        ended: promise,
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
    cancelRun(pipeline, run) {
      for (const running of all.values())
        if (running.pipeline === pipeline && running.run === run && !running.committed)
          running.stop.abort("cancelled" satisfies StopReason);
    },
    stopAll(reason) {
      for (const running of all.values()) running.stop.abort(reason);
    },
  };
}
