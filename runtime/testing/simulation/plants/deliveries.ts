import { decodeEvent } from "../../../journal/mod.ts";
import { every, parseSubject } from "../../../log/mod.ts";
import type { Delivery, Log } from "../../../log/mod.ts";
import { historyOf } from "../referee/mod.ts";
import type { World } from "../world.ts";
import { deliveriesOf, deliveryWith, logWith } from "./plant.ts";
import type { Plant } from "./plant.ts";

const isIngest = (durable: string): boolean => durable.startsWith("ingest");
const renewalMs = 10_000;

/** Rules of deliveries, leases and claims. */
export const deliveryPlants: readonly Plant[] = [
  {
    name: "ack-first",
    rule: "A delivery is acknowledged last, when the fold shows that nothing is left to do for it",
    seen: ["run-never-ends", "fan-out-missing"],
    defect: () => ({
      log: (log) => deliveriesOf(log, (delivery, durable) => (isIngest(durable) ? delivery : acked(delivery))),
    }),
  },
  {
    name: "ingest-acks-first",
    rule: "Ingest acknowledges a dataset event behind its runs' starts",
    seen: ["never-started", "run-never-ends", "fan-out-missing"],
    defect: () => ({
      log: (log) => deliveriesOf(log, (delivery, durable) => (isIngest(durable) ? acked(delivery) : delivery)),
    }),
    options: { targets: ["append:runStarted 1", "append:artifactProduced 1", "commit 1"] },
  },
  {
    name: "trouble-acked",
    rule: "What could not be handled comes again; it is not acknowledged",
    seen: ["run-never-ends", "never-started"],
    defect: () => ({
      log: (log) => deliveriesOf(log, (delivery) => deliveryWith(delivery, { nak: () => delivery.ack() })),
    }),
  },
  {
    name: "no-reclaim",
    rule: "The very delivery that led to a claim, arriving where nothing runs, is claimed again",
    seen: ["run-never-ends"],
    defect: () => ({
      log: (log, _process, world) =>
        deliveriesOf(log, (delivery) => {
          if (delivery.count === 1 || !isClaimed(world, delivery)) return delivery;
          delivery.ack();
          return undefined;
        }),
    }),
  },
  {
    name: "no-control-durable",
    rule: "Control wakes every component through a durable of its own",
    seen: ["run-never-ends"],
    defect: () => ({
      log: (log) =>
        logWith(log, {
          consume: (options) =>
            log.consume(options.durable.includes("-control-") ? { ...options, filters: ["mr.nothing"] } : options),
        }),
    }),
    options: { shapes: ["failing", "join"], acts: ["resume", "cancel"] },
  },
  {
    name: "zombie-working",
    rule: "A holder whose claim was lost sends nothing any more, working() least of all",
    seen: ["zombie-working"],
    defect: () => ({ log: (log) => withOwnClaims(log) }),
    options: { workMs: 70_000, targets: ["execute 1", "settle:working 2", "settle:working 1", "timer 60"] },
  },
];

function acked(delivery: Delivery): Delivery {
  delivery.ack();
  return deliveryWith(delivery, { ack: () => {}, nak: () => {}, working: () => {}, term: () => {} });
}

/** Whether a node that the delivery may wake is claimed by it. */
function isClaimed({ server }: World, { entry }: Delivery): boolean {
  const place = parseSubject(entry.subject);
  if (!("run" in place)) return false;
  const run = historyOf(server.written).runs.get(`${place.pipeline}.${place.run}`);
  return [...(run?.nodes.values() ?? [])].some(
    ({ steps }) => Number(steps.at(-1)?.journal.claim?.body.triggerSequence ?? 0n) === entry.sequence,
  );
}

/** A process that believes in its claims: it never reads from its journals that another has one now. */
function withOwnClaims(log: Log): Log {
  const own = new Map<string, number>();
  const believing = logWith(log, {
    async append(subject, data, options) {
      const answer = await log.append(subject, data, options);
      const claimed = decodeEvent(data)?.body?.$case === "claimed";
      if (claimed && answer.kind === "appended") own.set(subject, answer.sequence);
      else own.delete(subject);
      return answer;
    },
    leaderLastOf(filter) {
      const claim = own.get(filter);
      return claim === undefined ? log.leaderLastOf(filter) : log.get(claim);
    },
  });
  return logWith(believing, {
    consume: (options) =>
      believing.consume({
        ...options,
        async handle(delivery) {
          const stop = every(log.clock, renewalMs, () => delivery.working());
          await options.handle(delivery).finally(stop);
        },
      }),
  });
}
