import type { Log } from "../../log/mod.ts";
import { restoreChains } from "./restore-chains.ts";
import type { StoreKeeper, TrashBatch } from "./store-keeper.ts";
import type { Survey } from "./survey.ts";

/** What lies in the trash, and what of it was deleted. */
export interface TrashReport {
  /** Artifacts that wait: until their grace has passed, or claims made before they were taken away have ended. */
  readonly artifacts: number;
  readonly bytes: number;
  /** Claims that they wait for. */
  readonly claims: number;
  /** Deleted for good. */
  readonly freed: { readonly artifacts: number; readonly bytes: number };
}

export interface SettledTrash {
  readonly trash: TrashReport;
  /** Digests that came back. */
  readonly restored: readonly string[];
}

/**
 * Decides what becomes of artifacts in the trash, by a survey made after they were taken away: what is kept comes back;
 * what waits for its grace or for a claim stays; the rest is deleted.
 *
 * A claim that was open when a batch was sealed may have committed equal bytes as they still lay there, and not said so
 * yet; one made later found none and wrote its own.
 */
export async function settleTrash(
  log: Log,
  keeper: StoreKeeper,
  {
    batches,
    survey,
    graceMs,
  }: { readonly batches: readonly TrashBatch[]; readonly survey: Survey; readonly graceMs: number },
): Promise<SettledTrash> {
  const back: string[] = [];
  const waiting = { artifacts: 0, bytes: 0, claims: 0 };
  const freed = { artifacts: 0, bytes: 0 };
  const nowMs = log.clock.epochMs();
  for (const batch of batches) {
    const claims = claimsBefore(survey, batch);
    const ripe = claims === 0 && nowMs >= (batch.sealed?.atMs ?? nowMs) + graceMs;
    for (const digest of batch.digests) {
      if (survey.kept.has(digest)) {
        if (await keeper.putBack(batch, digest)) back.push(digest);
      } else if (ripe) {
        const bytes = await keeper.empty(batch, digest);
        if (bytes === undefined) continue;
        freed.artifacts += 1;
        freed.bytes += bytes;
      } else {
        waiting.artifacts += 1;
        waiting.bytes += await keeper.bytesOf(digest);
        waiting.claims = Math.max(waiting.claims, claims);
      }
    }
  }
  return { trash: { ...waiting, freed }, restored: await restoreChains(log, back) };
}

function claimsBefore({ claims }: Survey, { sealed }: TrashBatch): number {
  return [...claims.values()].filter((sequence) => sequence <= (sealed?.sequence ?? Number.POSITIVE_INFINITY)).length;
}
