import type { AppendOptions, Delivery, Log } from "../../../log/mod.ts";
import { decodeEvent } from "../../../journal/mod.ts";
import type { Event } from "../../../contracts/millrace/event/v1/event.ts";
import type { ScenarioOptions } from "../scenario.ts";
import type { Defect, World } from "../world.ts";

/** A rule of the protocol switched off in every process, by wrapping its parts from outside. */
export interface Plant {
  readonly name: string;
  /** The rule that is off. */
  readonly rule: string;
  /** Rules of the referee by which it is seen, one of them enough. */
  readonly seen: readonly string[];
  /** Made for each schedule: a defect may remember. */
  readonly defect: () => Defect;
  /** Schedules in which it shows; by default all, without the sweeper. */
  readonly options?: ScenarioOptions;
}

/** A log with some of its parts replaced. */
export function logWith(log: Log, parts: Partial<Log>): Log {
  return {
    namespace: log.namespace,
    clock: log.clock,
    append: (subject, data, options) => log.append(subject, data, options),
    lastOf: (subjects) => log.lastOf(subjects),
    leaderLastOf: (filter) => log.leaderLastOf(filter),
    leaderLastSequence: () => log.leaderLastSequence(),
    serverTimeMs: () => log.serverTimeMs(),
    created: () => log.created(),
    get: (sequence) => log.get(sequence),
    read: (filters, range) => log.read(filters, range),
    follow: (filters, range) => log.follow(filters, range),
    consume: (options) => log.consume(options),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
    ...parts,
  };
}

type BodyKind = NonNullable<Event["body"]>["$case"];

/** An append that a defect changes: what it wants to write, and how it would be written. */
export interface Append {
  readonly subject: string;
  readonly event: Event;
  readonly data: Uint8Array;
  readonly options: AppendOptions | undefined;
}

/** A log whose appends of some kinds go another way. */
export function appendsOf(
  log: Log,
  kinds: readonly BodyKind[],
  instead: (append: Append) => ReturnType<Log["append"]>,
): Log {
  return logWith(log, {
    append(subject, data, options) {
      const event = decodeEvent(data);
      const kind = event?.body?.$case;
      if (event === undefined || kind === undefined || !kinds.includes(kind)) return log.append(subject, data, options);
      return instead({ subject, event, data, options });
    },
  });
}

/** A log whose appends of some kinds go behind whatever is there. */
export function unchecked(log: Log, { server }: World, kinds: readonly BodyKind[]): Log {
  return appendsOf(log, kinds, ({ subject, data }) => appendAnyhow(log, server, subject, data));
}

/** Appends with whatever expectation the server takes. */
export async function appendAnyhow(log: Log, server: World["server"], subject: string, data: Uint8Array) {
  for (;;) {
    const expectLastSequence = server.history(subject).at(-1)?.sequence ?? 0;
    const answer = await log.append(subject, data, { expectLastSequence });
    if (answer.kind === "appended") return answer;
  }
}

/** The answer to an append that never happened. */
export async function pretended(log: Log): ReturnType<Log["append"]> {
  return { kind: "appended", sequence: await log.leaderLastSequence() };
}

/** A log that hands its deliveries out changed. @param change Gives the delivery, or undefined to swallow it. */
export function deliveriesOf(
  log: Log,
  change: (delivery: Delivery, durable: string) => Delivery | undefined | Promise<Delivery | undefined>,
): Log {
  return logWith(log, {
    consume: (options) =>
      log.consume({
        ...options,
        async handle(delivery) {
          const changed = await change(delivery, options.durable);
          if (changed) await options.handle(changed);
        },
      }),
  });
}

/** A delivery with some of its parts replaced. */
export function deliveryWith(delivery: Delivery, parts: Partial<Delivery>): Delivery {
  return {
    entry: delivery.entry,
    count: delivery.count,
    receivedAt: delivery.receivedAt,
    ack: () => delivery.ack(),
    nak: (delayMs) => delivery.nak(delayMs),
    working: () => delivery.working(),
    term: (reason) => delivery.term(reason),
    ...parts,
  };
}
