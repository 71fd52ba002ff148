import type { Event } from "../contracts/millrace/event/v1/event.ts";
import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import { blessedChain, blessedEvent } from "../journal/mod.ts";
import { appendEvent, newEventId } from "../log/mod.ts";
import type { Log, Subjects } from "../log/mod.ts";
import { foldChain } from "../projections/mod.ts";

export interface BlessRequest {
  readonly pipeline: string;
  readonly run: string;
  readonly node: string;
  readonly candidate: Artifact;
  readonly baselineDigest: string;
  readonly claimEventId: string;
  /** Last sequence of the blessings when the baseline was pinned. */
  readonly pinnedSequence: number;
}

/** How a blessing ended: it stands, or the baseline changed meanwhile and the node must be claimed again. */
export type BlessResult =
  | { readonly kind: "blessed"; readonly sequence: number }
  | { readonly kind: "baseline-changed" };

/**
 * Blesses a candidate, expecting the blessings to be as they were when its baseline was pinned: else two runs could
 * both beat the old baseline and the worse one push last. A blessing of this run and candidate that stands already
 * (an earlier claim's) is adopted; so is one of the same model that is the newest.
 * Source: docs/protocol.md, Deciding a node (3).
 */
export async function bless(log: Log, subjects: Subjects, request: BlessRequest): Promise<BlessResult> {
  const subject = subjects.blessed(request.pipeline);
  const chain = await foldChain(log, blessedChain, subject);
  const standing = chain.state.find(({ model }) => model.digest === request.candidate.digest);
  const adopted = standing && (standing === chain.state[0] || standing.run === request.run);
  if (adopted) return { kind: "blessed", sequence: standing.sequence };
  if (chain.expect !== request.pinnedSequence) return { kind: "baseline-changed" };

  const { candidate: model, run, node, claimEventId, baselineDigest } = request;
  const event: Event = {
    id: newEventId(),
    ...blessedEvent(chain, { model, run, node, claimEventId, baselineDigest }),
  };
  const appended = await appendEvent(log, subject, event, { expectLastSequence: request.pinnedSequence, shared: true });
  return appended.kind === "appended" ? { kind: "blessed", sequence: appended.sequence } : { kind: "baseline-changed" };
}

/** Sequence of the newest blessing of a model, 0 if it was never blessed. */
export async function blessedSequence(log: Log, subjects: Subjects, pipeline: string, digest: string): Promise<number> {
  const chain = await foldChain(log, blessedChain, subjects.blessed(pipeline));
  return chain.state.find(({ model }) => model.digest === digest)?.sequence ?? 0;
}
