import type { Event, PlanReference } from "../contracts/millrace/event/v1/event.ts";
import { predecessorOf, unplaced, withLater } from "./chain.ts";
import type { Chain, ChainKind } from "./chain.ts";

/** A run's control: its epoch, and whether a cancel was asked for in it. */
export interface Control {
  /** How often the run was resumed. */
  readonly epoch: number;
  readonly cancelRequested: boolean;
  /** Why it was asked for; empty if it was not, or nobody said. */
  readonly cancelReason: string;
  readonly nudges: number;
  /** The plan of this epoch, if a resume brought another than the run started with. */
  readonly plan: PlanReference | undefined;
}

/** The chain of a run's control subject. */
export const controlChain: ChainKind<Control> = {
  initial: { epoch: 0, cancelRequested: false, cancelReason: "", nudges: 0, plan: undefined },
  step(control, event) {
    switch (event.body?.$case) {
      case "cancelRequested":
        // Asked for twice, the first reason counts.
        return control.cancelRequested
          ? control
          : { ...control, cancelRequested: true, cancelReason: event.body.value.reason };
      case "nudged":
        return { ...control, nudges: control.nudges + 1 };
      case "resumed":
        return {
          epoch: control.epoch + 1,
          cancelRequested: false,
          cancelReason: "",
          nudges: 0,
          plan: event.body.value.plan ?? control.plan,
        };
      default:
        return undefined;
    }
  },
  carried(state) {
    if (state.chain?.$case !== "control") return undefined;
    const { epoch, cancelRequested, cancelReason, nudges, plan } = state.chain.value;
    return { epoch, cancelRequested, cancelReason, nudges, plan };
  },
};

/** The event that a control body makes after the chain's head. */
export function controlEvent(chain: Chain<Control>, body: NonNullable<Event["body"]>): Omit<Event, "id"> {
  const base = { previous: predecessorOf(chain.head), body };
  const state = controlChain.step(chain.state, { id: "", ...base }, unplaced);
  if (state === undefined) throw new TypeError(`Cannot write ${body.$case} to a run's control`);
  return { ...base, state: { chain: { $case: "control", value: withLater(chain, state) } } };
}
