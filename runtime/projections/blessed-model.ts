import { blessedChain, decodeEvent, emptyChain, stepChain } from "../journal/mod.ts";
import type { BlessedModel, Blessings, Chain } from "../journal/mod.ts";
import { eventPlace, subjectsOf } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import { readChainFrom } from "./read-chain.ts";

/** A model that a pipeline blessed. */
export interface BlessedView {
  readonly digest: string;
  readonly uri: string;
  readonly run: string;
  readonly node: string;
  /** Of its ModelBlessed. */
  readonly sequence: number;
  /** Unix epoch milliseconds. */
  readonly blessedAt: number;
  /** The model that it was measured by; null for the first. */
  readonly baseline: string | null;
}

/** What a pipeline holds for its best model, as of a moment. */
export interface BlessedAnswer {
  readonly pipeline: string;
  /** null before the first blessing. */
  readonly model: BlessedView | null;
  /** The one before it with another digest. */
  readonly previous: BlessedView | null;
  readonly atSequence: number;
}

/**
 * The model that a pipeline had blessed last as of a sequence, and the one before it: the baseline of the next
 * candidate. One read of the chain's last message in the ordinary case; of an earlier moment the chain is folded.
 */
export async function readBlessed(
  log: Log,
  pipeline: string,
  to: number,
  uriOf: (digest: string) => string,
): Promise<BlessedAnswer> {
  const subject = subjectsOf(log.namespace).blessed(pipeline);
  const last = await log.leaderLastOf(subject);
  const isPast = last !== undefined && last.sequence > to;
  const { state } = isPast ? await foldUpTo(log, subject, to) : await readChainFrom(log, blessedChain, subject, last);
  const [model = null, previous = null] = await Promise.all(state.map((blessed) => viewOf(log, blessed, uriOf)));
  return { pipeline, model, previous, atSequence: to };
}

async function foldUpTo(log: Log, subject: string, to: number): Promise<Chain<Blessings>> {
  let chain = emptyChain(blessedChain);
  for await (const entry of log.read([subject], { to })) chain = stepChain(blessedChain, chain, entry);
  return chain;
}

async function viewOf(
  log: Log,
  { model, run, node, sequence }: BlessedModel,
  uriOf: (digest: string) => string,
): Promise<BlessedView> {
  const entry = await log.get(sequence);
  const event = entry && decodeEvent(entry.data);
  const body = event?.body?.$case === "modelBlessed" ? event.body.value : undefined;
  return {
    digest: model.digest,
    uri: uriOf(model.digest),
    run,
    node,
    sequence,
    blessedAt: entry && event ? eventPlace(event, entry).timeMs : 0,
    baseline: body?.baselineDigest || null,
  };
}
