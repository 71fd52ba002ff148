import { setImmediate } from "node:timers/promises";
import { Cancelled } from "../model/mod.ts";

/** A training step holds the event loop; between two, cancellation and reports get through. */
export async function letOthersRun(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  if (signal?.aborted) throw new Cancelled("Training was stopped on request");
}
