import type { Consumption } from "../../log/mod.ts";
import { decodeEvent, isSealed } from "../../journal/mod.ts";
import { defaultAckWaitMs, every, parseSubject, pause } from "../../log/mod.ts";
import { digestOf, hexOf, toMillraceError } from "../../model/mod.ts";
import { readJournalFrom } from "../../projections/mod.ts";
import type { AgentContext } from "./context.ts";
import { handleDelivery } from "./handle-delivery.ts";
import { createLease } from "./lease.ts";
import type { Lease } from "./lease.ts";
import type { Running } from "./running.ts";

/** Renewals of leases within one ack_wait. */
const renewalsPerAckWait = 3;
/** Deliveries pulled beyond the free slots: they only read and decide. */
const heldBeyondSlots = 2;
/** Control messages handled at once beyond those that hold a slot: a resume's claim holds its message to the end. */
const controlHeldBeyondSlots = 16;
/** Wait before a delivery is tried again whose handling failed on the way (log away, store away). */
const troubleDelayMs = 1_000;

/** A component's agent at work. */
export interface Agent {
  /** Takes no more; what is under way ends, or goes to other replicas at the deadline. */
  drain(deadlineMs: number): Promise<{ readonly finished: number; readonly returned: number }>;
  readonly draining: boolean;
  /** Durable consumers it takes from. */
  readonly durables: readonly string[];
}

export interface AgentTiming {
  /** Redelivery after this long without a sign of life, in milliseconds. */
  readonly ackWaitMs?: number;
}

/**
 * Starts an agent: two durable consumers (artifacts that the component takes, and control), a live watch of control,
 * and the renewal of leases. Source: docs/protocol.md, Deciding a node (1), Durables.
 */
export async function startAgent(
  context: AgentContext,
  { ackWaitMs = defaultAckWaitMs }: AgentTiming = {},
): Promise<Agent> {
  const leases: Leases = new Map();
  const stopping = new AbortController();
  const consume = (durable: string, filters: readonly string[], heldMax: number): Promise<Consumption> =>
    context.log.consume({
      durable,
      filters,
      heldMax,
      ackWaitMs,
      handle: (delivery) => handle(context, leases, durable, createLease(delivery, ackWaitMs, context.log.clock)),
    });
  const filters = triggerFilters(context);
  const name = context.declaration.name;
  const consumptions = await Promise.all([
    consume(durableName(name, filters), filters, context.slots.max + heldBeyondSlots),
    consume(
      durableName(`${name}-control`, [context.subjects.filters.control]),
      [context.subjects.filters.control],
      context.slots.max + controlHeldBeyondSlots,
    ),
  ]);
  const { clock } = context.log;
  const endRenewal = every(clock, ackWaitMs / renewalsPerAckWait, () => void renew(context, leases));
  const watching = watchControl(context, stopping.signal);

  let draining = false;
  return {
    durables: consumptions.map(({ durable }) => durable),
    get draining() {
      return draining;
    },
    async drain(deadlineMs) {
      draining = true;
      const held = context.running.all.size;
      let returned = 0;
      const cancelDeadline = clock.after(deadlineMs, () => {
        returned = context.running.all.size;
        context.running.stopAll("drained");
      });
      await Promise.all(consumptions.map((consumption) => consumption.drain()));
      cancelDeadline();
      endRenewal();
      stopping.abort();
      await watching;
      return { finished: held - returned, returned };
    },
  };
}

/** Subjects that wake a component: artifacts of the types it takes; `started` if it may have no inputs. */
function triggerFilters({ declaration, subjects }: Pick<AgentContext, "declaration" | "subjects">): readonly string[] {
  const types = new Set(Object.values(declaration.inputs).map(({ type }) => type));
  const artifacts = [...types].sort().map((type) => subjects.filters.artifacts(type));
  return artifacts.length === 0 ? [subjects.filters.started] : artifacts;
}

/** Name of a durable: the component and a hash of its filters, since widening a filter never delivers what passed. */
export function durableName(prefix: string, filters: readonly string[]): string {
  return `${prefix}-${hexOf(digestOf(filters.join("\n"))).slice(0, 12)}`;
}

/** What is in hand, by durable and sequence. */
type Leases = Map<string, Lease>;

async function handle(context: AgentContext, leases: Leases, durable: string, lease: Lease): Promise<void> {
  const { delivery } = lease;
  const key = `${durable} ${delivery.entry.sequence}`;
  // The same message again, while it is in hand: an ack of the earlier delivery would count for this one too, and take
  // away the lease of whatever is claimed by it.
  leases.get(key)?.drop();
  leases.set(key, lease);
  try {
    await handleDelivery(context, { durable, lease });
  } catch (thrown) {
    const error = toMillraceError(thrown);
    context.logger.error(
      { subject: delivery.entry.subject, sequence: delivery.entry.sequence, code: error.code, error },
      error.message,
    );
    lease.nak(troubleDelayMs);
  } finally {
    if (leases.get(key) === lease) leases.delete(key);
  }
}

/**
 * Renews all that is held. A claim's holder first re-reads its journal: if the last word is not its claim it stops
 * the executor and sends nothing any more.
 */
async function renew(context: AgentContext, leases: ReadonlyMap<string, Lease>): Promise<void> {
  await Promise.all([...context.running.all.values()].map((running) => stopIfSuperseded(context, running)));
  for (const lease of leases.values()) lease.renew();
}

async function stopIfSuperseded({ log, subjects, declaration, logger }: AgentContext, running: Running): Promise<void> {
  const subject = subjects.journal(running.pipeline, running.run, declaration.name, running.node);
  try {
    const { head } = await readJournalFrom(log, subject, await log.leaderLastOf(subject));
    if (head === undefined || running.ending || head.eventId === running.claimEventId) return;
    running.lease.drop();
    running.stop.abort("superseded");
  } catch (thrown) {
    logger.warn({ subject, error: toMillraceError(thrown) }, "could not re-read a journal before renewing its lease");
  }
}

/** Wait before control is watched again after the watch broke, in milliseconds. */
const rewatchDelayMs = 1_000;

/** Stops what runs here as soon as its run is cancelled; a watch that breaks goes on where it was. */
async function watchControl(context: AgentContext, signal: AbortSignal): Promise<void> {
  let from: number | undefined;
  while (!signal.aborted) {
    try {
      from ??= (await context.log.leaderLastSequence()) + 1;
      for await (const entry of context.log.follow([context.subjects.filters.control], { from, signal })) {
        from = entry.sequence + 1;
        const subject = parseSubject(entry.subject);
        const body = isSealed(entry) ? decodeEvent(entry.data)?.body : undefined;
        if (subject.kind !== "control" || body?.$case !== "cancelRequested") continue;
        context.running.cancelRun(subject.pipeline, subject.run, body.value.reason);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      context.logger.warn({ error: toMillraceError(thrown) }, "watching control broke; it goes on in a moment");
      await pause(context.log.clock, rewatchDelayMs, signal);
    }
  }
}
