import { setTimeout as sleep } from "node:timers/promises";
import { MillraceError } from "../model/mod.ts";

const firstDelayMs = 50;
const delayMsMax = 5_000;

/** Does something again, less and less often, for as long as it fails for a passing reason and no one aborts. */
export async function patiently<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(2 * delayMs, delayMsMax)) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** Whether the same may succeed later. */
export function isPassing(error: unknown): boolean {
  return error instanceof MillraceError && error.class === "retryable";
}
