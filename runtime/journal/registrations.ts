import type { Event, PipelineRegistered } from "../contracts/millrace/event/v1/event.ts";
import { predecessorOf, withLater } from "./chain.ts";
import type { Chain, ChainKind } from "./chain.ts";

/** A version of a pipeline. */
export interface Registration {
  readonly sequence: number;
  readonly eventId: string;
  readonly timeMs: number;
  readonly registered: PipelineRegistered;
}

/** A pipeline's current version; undefined before the first. */
export type Registrations = Registration | undefined;

/** The chain of a pipeline's registrations. */
export const pipelineChain: ChainKind<Registrations> = {
  initial: undefined,
  step: (current, event, entry) => {
    const next = registrationOf(event, entry);
    return next && next.registered.version === (current?.registered.version ?? 0) + 1 ? next : undefined;
  },
  carried: (_state, event, entry) => registrationOf(event, entry),
};

/** The event that registers a version, after the chain's head. */
export function pipelineEvent(chain: Chain<Registrations>, registered: PipelineRegistered): Omit<Event, "id"> {
  const { version, planDigest } = registered;
  return {
    previous: predecessorOf(chain.head),
    body: { $case: "pipelineRegistered", value: registered },
    state: { chain: { $case: "pipeline", value: withLater(chain, { version, planDigest }) } },
  };
}

function registrationOf(event: Event, entry: { sequence: number; timeMs: number }): Registration | undefined {
  if (event.body?.$case !== "pipelineRegistered") return undefined;
  return { sequence: entry.sequence, timeMs: entry.timeMs, eventId: event.id, registered: event.body.value };
}
