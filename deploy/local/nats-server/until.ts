import { setTimeout as sleep } from "node:timers/promises";

export interface UntilOptions {
  /** Longest wait, in milliseconds. */
  readonly timeoutMs: number;
  /** Makes the error when the time is up. */
  readonly late: () => Promise<Error> | Error;
}

const pollMs = 10;

/** Asks again and again until there is an answer; what it asks about (files, locks, processes) sends no events. */
export async function until<T>(ask: () => Promise<T | undefined>, options: UntilOptions): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) throw await options.late();
    await sleep(pollMs);
  }
}
