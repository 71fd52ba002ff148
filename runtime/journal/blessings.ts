import type { Event, ModelBlessed } from "../contracts/millrace/event/v1/event.ts";
import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import { predecessorOf, withLater } from "./chain.ts";
import type { Chain, ChainKind } from "./chain.ts";

/** A model that was blessed. */
export interface BlessedModel {
  readonly model: Artifact;
  readonly run: string;
  readonly node: string;
  readonly sequence: number;
}

/** The last two blessed models of a pipeline with different digests, newest first. */
export type Blessings = readonly BlessedModel[];

/** The chain of a pipeline's blessings. */
export const blessedChain: ChainKind<Blessings> = {
  initial: [],
  step: (blessings, event, entry) =>
    event.body?.$case === "modelBlessed" ? bless(blessings, event.body.value, entry.sequence) : undefined,
  carried: (state, _event, entry) =>
    state.chain?.$case === "blessed"
      ? state.chain.value.last.flatMap(({ model, run, node, sequence }) =>
          model ? [{ model, run, node, sequence: Number(sequence) || entry.sequence }] : [],
        )
      : undefined,
};

/** The event that blesses a model, after the chain's head. */
export function blessedEvent(chain: Chain<Blessings>, blessed: ModelBlessed): Omit<Event, "id"> {
  const last = bless(chain.state, blessed, 0).map(({ model, run, node, sequence }) => ({
    model,
    run,
    node,
    sequence: BigInt(sequence),
  }));
  return {
    previous: predecessorOf(chain.head),
    body: { $case: "modelBlessed", value: blessed },
    state: { chain: { $case: "blessed", value: withLater(chain, { last }) } },
  };
}

/** The last blessed model with a digest other than the candidate's: its baseline. */
export function baselineFor(blessings: Blessings, candidateDigest: string): BlessedModel | undefined {
  return blessings.find(({ model }) => model.digest !== candidateDigest);
}

function bless(blessings: Blessings, { model, run, node }: ModelBlessed, sequence: number): Blessings {
  if (model === undefined) return blessings;
  const others = blessings.filter((entry) => entry.model.digest !== model.digest);
  return [{ model, run, node, sequence }, ...others].slice(0, 2);
}
