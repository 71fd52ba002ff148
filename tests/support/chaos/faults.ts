/** What may be done to a process while runs are under way. */
export const faultKinds = [
  /** SIGKILL to a service. */
  "kill-service",
  /** SIGKILL to an executor. */
  "kill-executor",
  /** SIGSTOP to a service until after its leases have lapsed, then SIGCONT: a zombie that wakes late. */
  "stop-service",
  /** SIGSTOP to an executor for as long. */
  "stop-executor",
  /** SIGKILL to nats-server, which is started again in a moment. */
  "kill-server",
  /** SIGSTOP to nats-server, SIGCONT in a moment. */
  "stop-server",
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** A fault: so many journal messages after the one before, on a victim that `pick` chooses among those there are. */
export interface Fault {
  readonly gap: number;
  readonly kind: FaultKind;
  /** From 0 up to 1. */
  readonly pick: number;
}

/** How often each kind is drawn among a hundred. */
const shares: Readonly<Record<FaultKind, number>> = {
  "kill-service": 34,
  "kill-executor": 26,
  "stop-service": 20,
  "stop-executor": 6,
  "kill-server": 8,
  "stop-server": 6,
};

/** An endless sequence of faults, the same for the same seed. @param gapMax Most journal messages between two. */
export function* faultsOf(seed: number, gapMax: number): Generator<Fault, never> {
  const random = randomOf(seed);
  for (;;) yield { gap: 1 + Math.floor(random() * gapMax), kind: kindOf(random() * 100), pick: random() };
}

function kindOf(drawn: number): FaultKind {
  let upTo = 0;
  return faultKinds.find((kind) => drawn < (upTo += shares[kind])) ?? "kill-service";
}

/** mulberry32: numbers from 0 up to 1. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
