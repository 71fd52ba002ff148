import type { StoreKeeper } from "../control/mod.ts";
import type { Report } from "./findings.ts";

/** Staging that has not changed for so long belongs to nobody, in milliseconds. */
const staleMs = 3_600_000;

/**
 * Notes what lies in the store and nothing refers to: it costs space, and `gc` takes it away.
 * @param untouchedMs How long staging must not have changed.
 */
export async function noteLeftovers(
  keeper: StoreKeeper,
  references: ReadonlyMap<string, unknown>,
  note: Report,
  untouchedMs: number = staleMs,
): Promise<void> {
  for await (const { digest } of keeper.stored())
    if (!references.has(digest)) note("unreferenced-payload", { digest }, `No message refers to artifact ${digest}`);
  const { places, bytes } = await keeper.sweepStaging({ isOpen: () => false, untouchedMs, remove: false });
  if (places > 0)
    note("staging-leftover", {}, `Processes that are gone left ${places} unfinished outputs of ${bytes} bytes`);
}
