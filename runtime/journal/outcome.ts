import { RunOutcomeKind } from "../contracts/millrace/event/v1/event.ts";
import type { Event } from "../contracts/millrace/event/v1/event.ts";
import { predecessorOf, withLater } from "./chain.ts";
import type { Chain, ChainKind } from "./chain.ts";

/** How a run ended, in its last ended epoch. */
export interface Outcome {
  /** -1 before any end. */
  readonly epoch: number;
  readonly kind: "none" | "succeeded" | "failed" | "cancelled";
  /** Why, for people: the failed node's message or the cancel's reason. */
  readonly reason: string | undefined;
}

const kinds = {
  runSucceeded: ["succeeded", RunOutcomeKind.RUN_OUTCOME_KIND_SUCCEEDED],
  runFailed: ["failed", RunOutcomeKind.RUN_OUTCOME_KIND_FAILED],
  runCancelled: ["cancelled", RunOutcomeKind.RUN_OUTCOME_KIND_CANCELLED],
} as const;

/** The chain of a run's outcome subject: one event an epoch. */
export const outcomeChain: ChainKind<Outcome> = {
  initial: { epoch: -1, kind: "none", reason: undefined },
  step: (outcome, event) => {
    const next = outcomeOf(event);
    return next && next.epoch > outcome.epoch ? next : undefined;
  },
  carried: (_state, event) => outcomeOf(event),
};

/** The event that ends an epoch, after the chain's head. */
export function outcomeEvent(
  chain: Chain<Outcome>,
  body: Extract<NonNullable<Event["body"]>, { $case: keyof typeof kinds }>,
): Omit<Event, "id"> {
  const value = { epoch: body.value.epoch, kind: kinds[body.$case][1] };
  return {
    previous: predecessorOf(chain.head),
    body,
    state: { chain: { $case: "outcome", value: withLater(chain, value) } },
  };
}

function outcomeOf(event: Event): Outcome | undefined {
  switch (event.body?.$case) {
    case "runSucceeded":
      return { epoch: event.body.value.epoch, kind: "succeeded", reason: undefined };
    case "runFailed": {
      const { epoch, node, message } = event.body.value;
      return { epoch, kind: "failed", reason: `${node}: ${message}` };
    }
    case "runCancelled":
      return { epoch: event.body.value.epoch, kind: "cancelled", reason: event.body.value.reason };
    default:
      return undefined;
  }
}
