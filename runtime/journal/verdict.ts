import type { Event, ReproductionVerdict } from "../contracts/millrace/event/v1/event.ts";
import { predecessorOf } from "./chain.ts";
import type { Chain, ChainKind } from "./chain.ts";

/** What comparing a reproduction with its original gave, the last time that it ended; undefined before. */
export type Verdict = ReproductionVerdict | undefined;

/** The chain of a run's verdict subject: one event an outcome. It carries no state: the last one is all there is. */
export const verdictChain: ChainKind<Verdict> = {
  initial: undefined,
  step: (_before, event) => (event.body?.$case === "reproductionVerdict" ? event.body.value : undefined),
  carried: () => undefined,
};

/** The event of a verdict, after the chain's head. */
export function verdictEvent(chain: Chain<Verdict>, verdict: ReproductionVerdict): Omit<Event, "id"> {
  return {
    previous: predecessorOf(chain.head),
    body: { $case: "reproductionVerdict", value: verdict },
    state: undefined,
  };
}
