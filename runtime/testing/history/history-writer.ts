import type { Event } from "../../contracts/millrace/event/v1/event.ts";
import type { Chain, ChainKind } from "../../journal/mod.ts";
import { encodeEvent } from "../../log/mod.ts";
import type { Appended, Log } from "../../log/mod.ts";
import { Terminal } from "../../model/mod.ts";

/** Appends that may be under way before the writer waits. */
const inFlightMax = 2_000;

/** Where an event will stand. */
export interface Placed {
  readonly event: Event;
  readonly sequence: number;
  readonly timeMs: number;
}

/**
 * Appends a made history without waiting for one append before the next: as nobody else writes, every sequence is
 * known beforehand, and each append expects what a real writer's would.
 */
export class HistoryWriter {
  readonly #log: Log;
  #next: number;
  #inFlight: Promise<void>[] = [];

  private constructor(log: Log, next: number) {
    this.#log = log;
    this.#next = next;
  }

  /** Starts behind what the log holds. */
  static async open(log: Log): Promise<HistoryWriter> {
    return new HistoryWriter(log, (await log.leaderLastSequence()) + 1);
  }

  /** Appends an event. @param expectLastSequence As an appender's; absent for a plain append. */
  append(subject: string, made: Omit<Event, "id">, expectLastSequence?: number): Placed {
    const sequence = this.#next++;
    const event: Event = { id: sequence.toString(16).padStart(32, "0"), ...made };
    const options = expectLastSequence === undefined ? {} : { expectLastSequence };
    this.#inFlight.push(assertPlaced(this.#log.append(subject, encodeEvent(event), options), subject, sequence));
    return { event, sequence, timeMs: this.#log.clock.epochMs() };
  }

  /** Appends the next event of a chain. @returns the chain after it. */
  appendTo<State>(
    kind: ChainKind<State>,
    chain: Chain<State>,
    subject: string,
    made: Omit<Event, "id">,
  ): { readonly chain: Chain<State>; readonly placed: Placed } {
    const placed = this.append(subject, made, chain.expect);
    const { event, sequence, timeMs } = placed;
    const state = kind.step(chain.state, event, placed) ?? chain.state;
    return { chain: { state, expect: sequence, head: { eventId: event.id, sequence, timeMs } }, placed };
  }

  /** Waits if much is under way, or, at the end, for all of it. @throws {Terminal} `history-disturbed`. */
  async settle(most: number = inFlightMax): Promise<void> {
    if (this.#inFlight.length <= most) return;
    const waited = this.#inFlight;
    this.#inFlight = [];
    await Promise.all(waited);
  }
}

async function assertPlaced(appending: Promise<Appended>, subject: string, sequence: number): Promise<void> {
  const answer = await appending;
  if (answer.kind !== "appended" || answer.sequence !== sequence)
    throw new Terminal("history-disturbed", `Cannot write a history: ${subject} must get sequence ${sequence}`);
}
