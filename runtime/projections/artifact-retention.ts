import { emptyChain, retentionChain, stepChain } from "../journal/mod.ts";
import type { Chain, Retention } from "../journal/mod.ts";
import { lastOfMax, parseSubject, subjectsOf } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import { hexOf } from "../model/mod.ts";
import type { ReadAt } from "./read-at.ts";
import { foldChain, readChainFrom, readLastFresh } from "./read-chain.ts";

/** Pins and tombstones by digest; most artifacts have neither. */
export type Retentions = ReadonlyMap<string, Retention>;

/** Nothing is pinned, and nothing was collected. */
export const noRetentions: Retentions = new Map();

/** Every artifact's pin and tombstone. */
export async function readRetentions(log: Log, at: ReadAt = {}): Promise<Retentions> {
  const chains = new Map<string, Chain<Retention>>();
  const { artifactChains } = subjectsOf(log.namespace).filters;
  for await (const entry of log.read([artifactChains], at.to === undefined ? {} : { to: at.to })) {
    const subject = parseSubject(entry.subject);
    if (subject.kind !== "artifact-chain") continue;
    const digest = `sha256:${subject.digestHex}`;
    chains.set(digest, stepChain(retentionChain, chains.get(digest) ?? emptyChain(retentionChain), entry));
  }
  return new Map([...chains].map(([digest, { state }]) => [digest, state]));
}

/** Some artifacts' pins and tombstones, as of a sequence: one read for a run's. */
export async function readRetentionsOf(log: Log, digests: readonly string[], to: number): Promise<Retentions> {
  const { artifactChain } = subjectsOf(log.namespace);
  const found = new Map<string, Retention>();
  const wanted = [...new Set(digests)];
  for (let from = 0; from < wanted.length; from += lastOfMax) {
    const some = wanted.slice(from, from + lastOfMax);
    const subjects = some.map((digest) => artifactChain(hexOf(digest)));
    const entries = await readLastFresh(log, subjects, 0);
    for (const digest of some) {
      const subject = artifactChain(hexOf(digest));
      const last = entries.get(subject);
      if (last === undefined) continue;
      const chain =
        last.sequence <= to
          ? await readChainFrom(log, retentionChain, subject, last)
          : await foldChain(log, retentionChain, subject, to);
      found.set(digest, chain.state);
    }
  }
  return found;
}

/**
 * Whether an artifact's bytes were given up, and nothing has made or used it since.
 * @param sequence Of the last message that made it or used it.
 */
export function isCollected(retentions: Retentions, digest: string, sequence: number): boolean {
  return (retentions.get(digest)?.collectedSequence ?? 0) > sequence;
}
