import { mix, Random } from "./random.ts";

/** What can go wrong with one call of a process. */
export type FaultKind =
  /** The process dies before the request leaves it; it is started again later. */
  | "crash-before"
  /** The request has its effect; the process dies before the answer. */
  | "crash-after"
  /** The process stands still before the request leaves, and wakes late. */
  | "pause-before"
  /** The request has its effect; the process stands still before it sees the answer. */
  | "pause-after"
  /** The request has no effect and no answer. */
  | "lost"
  /** The request has its effect and no answer. */
  | "answer-lost"
  /** No answer in time; the effect comes afterwards. */
  | "late"
  /** Request and answer take long. */
  | "slow"
  /** The server refuses, as another append of the subject is in flight. */
  | "in-flight"
  /** A replica answers that has not read so far. */
  | "stale"
  /** A replica answers without the closing 204. */
  | "partial"
  /** It fails and says so. */
  | "fails"
  /** It fails and leaves half of the bytes behind. */
  | "torn"
  /** It never ends by itself. */
  | "hangs";

/** A fault, where it strikes and how hard. */
export interface Fault {
  /** The process and which of its calls, or the operation and its how-manieth call by anyone: `trainer-2 17`, `append:claimed 2`. */
  readonly at: string;
  readonly operation: string;
  readonly process: string;
  readonly kind: FaultKind;
  /** How long it lasts, or until the process is started again, in virtual milliseconds. */
  readonly ms: number;
}

const requestKinds: readonly FaultKind[] = ["crash-before", "crash-after", "pause-before", "pause-after", "slow"];
const readKinds: readonly FaultKind[] = [...requestKinds, "lost"];

/** Kinds that can strike an operation, by the word before its colon. */
const kindsOf: Readonly<Record<string, readonly FaultKind[]>> = {
  append: [...requestKinds, "lost", "answer-lost", "late", "in-flight"],
  lastOf: [...readKinds, "stale", "partial"],
  leaderLastOf: readKinds,
  leaderLastSequence: readKinds,
  get: readKinds,
  read: [...readKinds, "stale"],
  follow: ["crash-before", "slow", "lost"],
  deliver: ["crash-before", "pause-before", "lost", "slow"],
  settle: ["crash-before", "crash-after", "lost", "late"],
  timer: ["crash-before", "pause-before"],
  execute: ["fails", "hangs", "slow", "crash-after"],
  commit: [...requestKinds, "fails", "torn"],
  store: [...requestKinds, "fails"],
};

const pausesMs = [300, 3_000, 12_000, 26_000, 34_000, 64_000, 130_000];
const restartsMs = [50, 1_000, 8_000, 31_000, 70_000];
const delaysMs = [20, 300, 2_000, 9_000, 31_000, 45_000];

/** How much goes wrong in a schedule. Each has its own mixture, so that rare ones are not drowned by common ones. */
export interface FaultProfile {
  /** Probability of a fault at each call. */
  readonly rate: number;
  readonly faultsMax: number;
  readonly kinds: ReadonlySet<FaultKind>;
  /** Calls that are struck whatever the rate, as `append:claimed 2`. */
  readonly targets: ReadonlySet<string>;
  /** No fault after this virtual time, so that everything can end. */
  readonly untilMs: number;
}

/** Says of every call whether a fault strikes it: drawn from the seed, or as told. */
export interface Faults {
  next(process: string, processIndex: number, operation: string, nowMs: number): Fault | undefined;
  /** Those that struck, in order. */
  readonly struck: readonly Fault[];
}

/** Counts calls by process and by operation. */
class Calls {
  readonly #ofProcess: number[] = [];
  readonly #ofOperation = new Map<string, number>();

  ofProcess(index: number): number {
    return (this.#ofProcess[index] = (this.#ofProcess[index] ?? 0) + 1);
  }

  ofOperation(operation: string): number {
    const count = (this.#ofOperation.get(operation) ?? 0) + 1;
    this.#ofOperation.set(operation, count);
    return count;
  }
}

/** Faults that a seed draws. */
export function drawnFaults(seed: number, profile: FaultProfile): Faults {
  const calls = new Calls();
  const struck: Fault[] = [];
  return {
    struck,
    next(process, processIndex, operation, nowMs) {
      const nth = calls.ofProcess(processIndex);
      const nthOfOperation = calls.ofOperation(operation);
      if (nowMs > profile.untilMs || struck.length >= profile.faultsMax) return undefined;
      const target = profile.targets.size > 0 ? `${operation} ${nthOfOperation}` : "";
      const targeted = target !== "" && profile.targets.has(target);
      if (!targeted && mix(seed, processIndex, nth) >= profile.rate * 2 ** 32) return undefined;
      const random = new Random(seed, processIndex, nth, 1);
      const kinds = (kindsOf[operation.split(":", 1)[0] ?? ""] ?? []).filter((kind) => profile.kinds.has(kind));
      if (kinds.length === 0) return undefined;
      const kind = random.pick(kinds);
      const fault = {
        at: targeted ? target : `${process} ${nth}`,
        operation,
        process,
        kind,
        ms: lengthOf(kind, random),
      };
      struck.push(fault);
      return fault;
    },
  };
}

/** The faults given, each where it struck before. */
export function toldFaults(faults: readonly Fault[]): Faults {
  const byPlace = new Map(faults.map((fault) => [fault.at, fault]));
  const calls = new Calls();
  const struck: Fault[] = [];
  return {
    struck,
    next(process, processIndex, operation) {
      const place = `${process} ${calls.ofProcess(processIndex)}`;
      const fault = byPlace.get(`${operation} ${calls.ofOperation(operation)}`) ?? byPlace.get(place);
      const applies = fault !== undefined && kindsOf[operation.split(":", 1)[0] ?? ""]?.includes(fault.kind) === true;
      if (!applies) return undefined;
      struck.push({ ...fault, operation, process });
      return fault;
    },
  };
}

function lengthOf(kind: FaultKind, random: Random): number {
  if (kind.startsWith("crash")) return random.pick(restartsMs);
  if (kind.startsWith("pause")) return random.pick(pausesMs);
  return random.pick(delaysMs);
}

const words: Readonly<Record<FaultKind, (seconds: string) => string>> = {
  "crash-before": (s) => `dies before it leaves; started again after ${s}`,
  "crash-after": (s) => `takes effect, then the process dies before the answer; started again after ${s}`,
  "pause-before": (s) => `the process stands still for ${s} before it leaves`,
  "pause-after": (s) => `takes effect, then the process stands still for ${s} before the answer`,
  lost: () => "is lost",
  "answer-lost": () => "takes effect, its answer is lost",
  late: (s) => `has no answer in time and takes effect ${s} later`,
  slow: (s) => `takes ${s}`,
  "in-flight": () => "is refused, as another append is in flight",
  stale: () => "is answered by a replica that lags",
  partial: () => "is answered without its end",
  fails: () => "fails",
  torn: () => "fails and leaves half of it behind",
  hangs: () => "never ends",
};

/** A fault as a line for people. */
export function faultLine({ at, operation, process, kind, ms }: Fault): string {
  return `${process}: ${operation} (${at}) ${words[kind](`${ms / 1_000} s`)}`;
}
