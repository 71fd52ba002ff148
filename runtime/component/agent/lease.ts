import type { Clock, Delivery } from "../../log/mod.ts";

/** Share of ack_wait after which a delivery that was not renewed may be with someone else already. */
const staleShare = 0.8;

/** A delivery in hand: renewed while it is worked on, settled once, or dropped so that it comes again. */
export interface Lease {
  readonly delivery: Delivery;
  /** Whether it may still be acted on and acknowledged: renewed lately enough, and not dropped. */
  readonly valid: boolean;
  /** Puts off redelivery, if it is still valid. */
  renew(): void;
  ack(): void;
  nak(delayMs: number): void;
  term(reason: string): void;
  /** Sends nothing any more: a zombie's working() would hold back redelivery, its late ack would count. */
  drop(): void;
}

/**
 * Leases a delivery.
 * @param ackWaitMs The durable's ack_wait.
 * @param clock The log's, by which deliveries are received.
 * Source: docs/protocol.md, Claim, work, outcome (2, 6).
 */
export function createLease(delivery: Delivery, ackWaitMs: number, clock: Clock): Lease {
  let renewedAt = delivery.receivedAt;
  let settled = false;
  const valid = (): boolean => !settled && clock.monotonicMs() - renewedAt < ackWaitMs * staleShare;
  const settle = (send: () => void): void => {
    const may = valid();
    settled = true;
    if (may) send();
  };
  return {
    delivery,
    get valid() {
      return valid();
    },
    renew() {
      if (!valid()) return;
      delivery.working();
      renewedAt = clock.monotonicMs();
    },
    ack: () => settle(() => delivery.ack()),
    nak: (delayMs) => settle(() => delivery.nak(delayMs)),
    term: (reason) => settle(() => delivery.term(reason)),
    drop() {
      settled = true;
    },
  };
}
